# expect: gap: signed code
resource "aws_lambda_function" "signed" {
  function_name           = "signed"
  runtime                 = "python3.12"
  code_signing_config_arn = aws_lambda_code_signing_config.this.arn
}

# expect: gap: its own provider
resource "aws_lambda_function" "virginia" {
  provider      = aws.virginia
  function_name = "virginia"
  runtime       = "python3.12"
}
