data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
  }
}

resource "aws_iam_role_policy" "inline" {
  policy = <<-EOT
    {
      "//": "# dayfly:begin is no mark here",
      "Statement": [{ "Effect": "Allow", "Resource": "${aws_sqs_queue.q.arn}" }]
    }
  EOT
}

# expect: attach
resource "aws_lambda_function" "a" {
  function_name = "a"
  description   = <<EOF
# dayfly:begin
environment { variables = { AWS_LAMBDA_EXEC_WRAPPER = "/opt/dayfly" } }
# dayfly:end
EOF
  runtime       = "python3.12"
}

# expect: attach
resource "aws_lambda_function" "b" {
  function_name = "b"
  runtime       = "python3.12"
  environment {
    variables = {
      CONFIG = <<EOF
a = "b" }
EOF
      OTHER  = "x"
    }
  }
}

# expect: gap: heredoc
resource "aws_lambda_function" "c" {
  function_name = "c"
  runtime       = "python3.12"
  environment {
    variables = merge(jsondecode(<<EOF
{"A": "b"}
EOF
    ), var.more)
  }
}
