"""Finds the VPC of a function's subnets, where the lab's `services` have EC2."""

from __future__ import annotations

import dataclasses

from dayfly.lab.control import refusals
from dayfly.lab.declared import Declared
from dayfly.lab.lab import Lab
from dayfly.lab.model import LabError

# Without EC2 every subnet lies in one VPC.
_MADE_UP = "vpc-00000000000000000"


async def in_vpc(lab: Lab, declared: Declared) -> Declared:
    """Return `declared` with its VPC's id; raises InvokeRefusedError (400) for subnets and groups that are not there."""
    if not declared.subnet_ids:
        return dataclasses.replace(declared, vpc_id="")
    if lab.services is None:
        return dataclasses.replace(declared, vpc_id=_MADE_UP)
    try:
        subnets = await lab.services.call("ec2", "describe_subnets", SubnetIds=list(declared.subnet_ids))
        await lab.services.call("ec2", "describe_security_groups", GroupIds=list(declared.security_group_ids))
    except LabError as error:
        raise refusals.service_refused("EC2", error) from error
    return dataclasses.replace(declared, vpc_id=subnets["Subnets"][0]["VpcId"])
