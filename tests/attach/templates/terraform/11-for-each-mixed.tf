# expect: gap: may be Python or another language
resource "aws_lambda_function" "each" {
  for_each = {
    a = { runtime = "python3.12" }
    b = { runtime = "nodejs22.x" }
  }
  function_name = each.key
  runtime       = each.value["runtime"]
}
