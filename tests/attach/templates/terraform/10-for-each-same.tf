locals {
  functions = {
    read  = { handler = "read.main", runtime = "python3.12" }
    write = { handler = "write.main", runtime = "python3.13", env = { MODE = "w" } }
  }
}

# expect: attach
resource "aws_lambda_function" "each" {
  for_each = local.functions

  function_name = "shop-${each.key}"
  handler       = each.value.handler
  runtime       = each.value.runtime
  role          = aws_iam_role.shop.arn

  environment {
    variables = lookup(each.value, "env", {})
  }
}
