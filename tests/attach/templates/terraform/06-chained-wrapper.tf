# expect: attach
resource "aws_lambda_function" "traced" {
  function_name = "traced"
  runtime       = "python3.12"
  handler       = "app.handler"
  layers        = ["arn:aws:lambda:eu-west-1:901920570463:layer:aws-otel-python-amd64-ver-1-32-0:2"]
  environment {
    variables = {
      # OpenTelemetry first.
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/otel-instrument"
      OTEL_SERVICE_NAME       = "traced"
    }
  }
}

# expect: attach
resource "aws_lambda_function" "traced_inline" {
  function_name = "traced-inline"
  runtime       = "python3.12"
  handler       = "app.handler"
  environment {
    variables = { "AWS_LAMBDA_EXEC_WRAPPER" : "/opt/otel-instrument", A = 1 }
  }
}
