variable "runtime" {
  type = string
}

# expect: gap: its runtime (var.runtime) is not set
resource "aws_lambda_function" "a" {
  function_name = "a"
  runtime       = var.runtime
  handler       = "a.b"
}
