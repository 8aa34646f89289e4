# expect: attach
module "plain" {
  source  = "terraform-aws-modules/lambda/aws"
  version = "~> 7.0"

  function_name = "plain"
  handler       = "index.handler"
  runtime       = "python3.12"
  source_path   = "src/plain"
}

# expect: attach
module "full" {
  source = "terraform-aws-modules/lambda/aws"

  function_name = "full"
  runtime       = "python3.13"
  layers        = [module.deps.lambda_layer_arn]

  environment_variables = {
    Hello      = "World"
    Serverless = "Terraform"
  }
}

module "deps" {
  source       = "terraform-aws-modules/lambda/aws"
  create_layer = true
  layer_name   = "deps"
}

# expect: gap: container image
module "image" {
  source       = "git::https://github.com/terraform-aws-modules/terraform-aws-lambda.git?ref=v7.2.0"
  package_type = "Image"
  image_uri    = "x"
}

# expect: gap: Lambda@Edge
module "edge" {
  source         = "terraform-aws-modules/lambda/aws"
  lambda_at_edge = true
  runtime        = "python3.12"
}
