variable "environment" {
  type    = map(string)
  default = {}
}
variable "settings" {
  type    = object({ variables = map(string) })
  default = null
}

# expect: attach
resource "aws_lambda_function" "counted" {
  function_name = "counted"
  runtime       = "python3.12"
  dynamic "environment" {
    for_each = length(keys(var.environment)) == 0 ? [] : [true]
    content {
      variables = var.environment
    }
  }
}

# expect: attach
resource "aws_lambda_function" "iterated" {
  function_name = "iterated"
  runtime       = "python3.12"
  dynamic "environment" {
    for_each = var.settings == null ? [] : [var.settings]
    content {
      variables = environment.value.variables
    }
  }
}

# expect: attach
resource "aws_lambda_function" "splat" {
  function_name = "splat"
  runtime       = "python3.12"
  dynamic "environment" {
    for_each = var.settings[*]
    iterator = settings
    content {
      variables = settings.value.variables
    }
  }
}

# expect: gap: other than a list with one element
resource "aws_lambda_function" "over_a_map" {
  function_name = "map"
  runtime       = "python3.12"
  dynamic "environment" {
    for_each = var.environment
    content {
      variables = { (environment.key) = environment.value }
    }
  }
}

# expect: attach
resource "aws_lambda_function" "always" {
  function_name = "always"
  runtime       = "python3.12"
  dynamic "environment" {
    for_each = [var.environment]
    content {
      variables = environment.value
    }
  }
}
