/* The whole
   file. */
// expect: attach
resource "aws_lambda_function" "a" { # opening
  # a comment
  function_name = "a" /* name */
  runtime       = "python3.12" // the runtime
  environment { /* env */
    # before
    variables = { # open
      # first
      A = "1" # one
      # last
    } # closed
    # after
  }
  layers = [ # the layers
    # none of ours
    aws_lambda_layer_version.x.arn, /* x */
  ] # done
  # the end
} # closing
