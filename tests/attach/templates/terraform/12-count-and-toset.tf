# expect: attach
resource "aws_lambda_function" "numbered" {
  count         = 3
  function_name = "worker-${count.index}"
  runtime       = "python3.12"
  handler       = "worker.run"
}

# expect: attach
resource "aws_lambda_function" "named" {
  for_each      = toset(["python3.11", "python3.12"])
  function_name = replace(each.value, ".", "-")
  runtime       = each.value
}
