locals {
  common = {
    LOG_LEVEL = "INFO"
  }
  wrapped = { AWS_LAMBDA_EXEC_WRAPPER = "/opt/otel-instrument" }
}

variable "extra" {
  type    = map(string)
  default = {}
}

# expect: attach
resource "aws_lambda_function" "last_object" {
  function_name = "one"
  runtime       = "python3.12"
  environment {
    variables = merge(local.common, {
      NAME = "one"
    })
  }
}

# expect: attach
resource "aws_lambda_function" "only_locals" {
  function_name = "two"
  runtime       = "python3.12"
  environment {
    variables = local.common
  }
}

# expect: attach
resource "aws_lambda_function" "var_last" {
  function_name = "three"
  runtime       = "python3.12"
  environment {
    variables = merge(local.common, var.extra)
  }
}

# expect: attach
resource "aws_lambda_function" "wrapped" {
  function_name = "four"
  runtime       = "python3.12"
  environment {
    variables = merge(local.wrapped, { NAME = "four" })
  }
}
