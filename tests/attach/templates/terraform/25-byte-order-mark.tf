# expect: attach
resource "aws_lambda_function" "hello" {
  function_name = "hello"
  role          = aws_iam_role.hello.arn
  handler       = "app.handler"
  runtime       = "python3.12"
  filename      = "build/hello.zip"
}
