# expect: gap: RUN pip install --no-cache-dir dayfly-runtime
resource "aws_lambda_function" "image" {
  function_name = "image"
  package_type  = "Image"
  image_uri     = "${aws_ecr_repository.app.repository_url}:latest"
  image_config {
    command = ["app.handler"]
  }
}

# expect: gap: has no runtime
resource "aws_lambda_function" "bare" {
  function_name = "bare"
}
