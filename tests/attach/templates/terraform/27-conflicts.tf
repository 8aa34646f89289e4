# expect: gap: would be lost
resource "aws_lambda_function" "two_wrappers" {
  function_name = "two"
  runtime       = "python3.12"
  environment {
    variables = {
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/a"
      DAYFLY_NEXT_WRAPPER     = "/opt/b"
    }
  }
}

# expect: gap: no layer
resource "aws_lambda_function" "half" {
  function_name = "half"
  runtime       = "python3.12"
  environment {
    variables = {
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/dayfly"
    }
  }
}

# expect: gap: several environment blocks
resource "aws_lambda_function" "twice" {
  function_name = "twice"
  runtime       = "python3.12"
  environment {
    variables = {}
  }
  environment {
    variables = {}
  }
}

# expect: gap: on one line
resource "aws_lambda_function" "one_line" {
  function_name = "one"
  runtime       = "python3.12"
  environment {}
}
