# expect: gap: has 5 layers
resource "aws_lambda_function" "full" {
  function_name = "full"
  runtime       = "python3.12"
  layers = [
    "arn:aws:lambda:eu-west-1:123456789012:layer:a:1",
    "arn:aws:lambda:eu-west-1:123456789012:layer:b:1",
    "arn:aws:lambda:eu-west-1:123456789012:layer:c:1",
    "arn:aws:lambda:eu-west-1:123456789012:layer:d:1",
    "arn:aws:lambda:eu-west-1:123456789012:layer:e:1",
  ]
}

# expect: attach
resource "aws_lambda_function" "nearly" {
  function_name = "nearly"
  runtime       = "python3.12"
  layers = [
    # the first
    "arn:aws:lambda:eu-west-1:123456789012:layer:a:1",
    "arn:aws:lambda:eu-west-1:123456789012:layer:b:1",
    "arn:aws:lambda:eu-west-1:123456789012:layer:c:1",
    "arn:aws:lambda:eu-west-1:123456789012:layer:d:1" // and last
  ]
}
