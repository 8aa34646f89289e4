resource "aws_lambda_layer_version" "dayfly" {
  layer_name = "our-dayfly"
  s3_bucket  = "layers"
  s3_key     = "dayfly.zip"
}

# expect: attach
resource "aws_lambda_function" "a" {
  function_name = "a"
  runtime       = "python3.12"
}

# expect: attached
resource "aws_lambda_function" "by_hand" {
  function_name = "b"
  runtime       = "python3.12"
  layers        = [aws_lambda_layer_version.dayfly.arn]
  environment {
    variables = {
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/dayfly"
    }
  }
}
