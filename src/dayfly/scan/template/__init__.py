"""Deployment templates as functions: SAM, CloudFormation, Serverless Framework, Terraform."""
