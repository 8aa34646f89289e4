# expect: gap: Lambda@Edge
resource "aws_lambda_function" "headers" {
  function_name = "headers"
  runtime       = "python3.12"
  publish       = true
}

resource "aws_cloudfront_distribution" "site" {
  default_cache_behavior {
    lambda_function_association {
      event_type = "viewer-request"
      lambda_arn = aws_lambda_function.headers.qualified_arn
    }
  }
}
