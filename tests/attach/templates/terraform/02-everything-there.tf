locals {
  tags = { team = "shop" }
}

# expect: attach
resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = aws_iam_role.orders.arn
  handler       = "orders.main"
  runtime       = "python3.13"
  filename      = data.archive_file.orders.output_path
  layers        = [aws_lambda_layer_version.shared.arn, "arn:aws:lambda:eu-west-1:123456789012:layer:tools:4"]
  tags          = local.tags

  environment {
    variables = {
      TABLE = aws_dynamodb_table.orders.name # where they go
      STAGE = "prod"
    }
  }
}
