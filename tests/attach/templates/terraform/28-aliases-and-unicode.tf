# Größe: ≤ 1 MB — naïve
# expect: attach
resource "aws_lambda_function" "gruesse" {
  function_name = "gruesse"
  description   = "Sagt „Grüß Gott“ 👋"
  runtime       = "python3.12"
  layers        = ["${local.prefix}:layer:größe:1"]
  publish       = true
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.gruesse.function_name
  function_version = "7"
}
