# expect: other
resource "aws_lambda_function" "node" {
  function_name = "node"
  runtime       = "nodejs22.x"
  handler       = "index.handler"
}
# expect: other
resource "aws_lambda_function" "custom" {
  function_name = "custom"
  runtime       = "provided.al2023"
  handler       = "bootstrap"
}
# expect: gap: Python 3.9 is not supported
resource "aws_lambda_function" "old" {
  function_name = "old"
  runtime       = "python3.9"
  handler       = "a.b"
}
