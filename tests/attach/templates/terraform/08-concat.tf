variable "layers" {
  type    = list(string)
  default = []
}
variable "maybe_layers" {
  type    = list(string)
  default = null
}

# expect: attach
resource "aws_lambda_function" "a" {
  function_name = "a"
  runtime       = "python3.12"
  layers        = concat(var.layers, [aws_lambda_layer_version.own.arn])
}
# expect: attach
resource "aws_lambda_function" "b" {
  function_name = "b"
  runtime       = "python3.12"
  layers        = var.maybe_layers # may be null
}
# expect: attach
resource "aws_lambda_function" "c" {
  function_name = "c"
  runtime       = "python3.12"
  layers        = null
}
# expect: gap: may be null
resource "aws_lambda_function" "d" {
  function_name = "d"
  runtime       = "python3.12"
  layers        = var.on ? [aws_lambda_layer_version.own.arn] : null
}
# expect: attach
resource "aws_lambda_function" "e" {
  function_name = "e"
  runtime       = "python3.12"
  layers        = var.on ? [aws_lambda_layer_version.own.arn] : []
}
# expect: attach
resource "aws_lambda_function" "f" {
  function_name = "f"
  runtime       = "python3.12"
  layers        = [for layer in var.layers : layer if layer != ""]
}
