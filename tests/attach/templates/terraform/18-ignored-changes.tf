# expect: gap: ignores changes
resource "aws_lambda_function" "pinned" {
  function_name = "pinned"
  runtime       = "python3.12"
  lifecycle {
    ignore_changes = [environment, source_code_hash]
  }
}

# expect: gap: ignores changes
resource "aws_lambda_function" "frozen" {
  function_name = "frozen"
  runtime       = "python3.12"
  lifecycle {
    ignore_changes = all
  }
}

# expect: attach
resource "aws_lambda_function" "code_elsewhere" {
  function_name = "code"
  runtime       = "python3.12"
  lifecycle {
    ignore_changes = [source_code_hash, filename]
  }
}
