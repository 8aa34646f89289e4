resource "aws_s3_bucket" "b" {}

# expect: attach
resource "aws_lambda_function" "last" {
  function_name = "last"
  runtime       = "python3.14"
  environment {
    variables = {}
  }
}