variable "python_runtime" {
  type    = string
  default = "python3.12"
}

# expect: attach
resource "aws_lambda_function" "a" {
  runtime = var.python_runtime
  handler = "a.b"
  role    = "r"
  function_name = "a"
}
# expect: attach
resource "aws_lambda_function" "b" {
  runtime       = "${var.python_runtime}"
  handler       = "a.b"
  function_name = "b"
  layers        = []
}
