"""Reads IAM policies, one a line, and holds each against the grammar by which moto's IAM takes them."""
import sys

from moto.iam.policy_validation import IAMPolicyDocumentValidator

for line in sys.stdin:
    IAMPolicyDocumentValidator(line).validate()
