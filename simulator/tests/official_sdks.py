"""Drives the two official Python SDKs against a simulator.

Usage: official_sdks.py HOST PORT ACCESS_KEY_ID ACCESS_KEY_SECRET STS_KEY_ID STS_SECRET STS_TOKEN

The second key is a temporary one of account 2, which the role acs:ram::2:role/sdk trusts. The simulator must hold two instances in cn-hangzhou, i-sdk-1 and i-sdk-2, without a key pair. Both SDKs go
through the same scenario: create, import, describe, attach, tag, delete, and the errors that DeleteKeyPairs
documents. Exits with a traceback at the first thing that is not as documented.
"""

import json
import sys

HOST, PORT, *KEYS = sys.argv[1:]
KEY = (*KEYS[:2], None)
STS_KEY = tuple(KEYS[2:])
REGION = "cn-hangzhou"
PUBLIC_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDzaC1yc2EAAAAD sdk@host"


class Refused(Exception):
    """An error of the service: its HTTP status and its code."""

    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class OldSdk:
    """aliyun-python-sdk-ecs: signature V1; answers in JSON, as the SDK asks for it."""

    name = "old"
    # It says so when the string that the server signed, which the error quotes, is the one that it signed.
    wrong_secret = "InvalidAccessKeySecret"

    def __init__(self, key_id, secret, token):
        from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
        from aliyunsdkcore.client import AcsClient

        key = StsTokenCredential(key_id, secret, token) if token else AccessKeyCredential(key_id, secret)
        self.client = AcsClient(region_id=REGION, credential=key, port=int(PORT), auto_retry=False)
        self.client.add_endpoint(REGION, "Ecs", HOST)

    def call(self, action, **parameters):
        from importlib import import_module

        from aliyunsdkcore.acs_exception.exceptions import ServerException

        module = import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
        request = getattr(module, f"{action}Request")()
        for name, value in parameters.items():
            if name == "Tag":
                value = [{"Key": key, "Value": text} for key, text in value.items()]
                getattr(request, "set_Tags")(value)
            elif name == "ResourceId":
                request.set_ResourceIds(value)
            elif name == "TagKey":
                request.set_TagKeys(value)
            else:
                getattr(request, f"set_{name}")(value)
        try:
            return json.loads(self.client.do_action_with_exception(request))
        except ServerException as error:
            raise Refused(error.get_http_status(), error.get_error_code(), error.get_error_msg()) from error

    def assume(self, **parameters):
        from aliyunsdkcore.request import CommonRequest

        request = CommonRequest(domain=HOST, version="2015-04-01", action_name="AssumeRole")
        request.set_protocol_type("http")
        request.set_method("POST")
        for name, value in parameters.items():
            request.add_query_param(name, value)
        return json.loads(self.client.do_action_with_exception(request))


class NewSdk:
    """alibabacloud_ecs20140526: signature V3."""

    name = "new"
    wrong_secret = "SignatureDoesNotMatch"

    def __init__(self, key_id, secret, token):
        from alibabacloud_ecs20140526.client import Client
        from alibabacloud_tea_openapi.utils_models import Config

        config = Config(access_key_id=key_id, access_key_secret=secret, security_token=token, region_id=REGION)
        config.endpoint = f"{HOST}:{PORT}"
        config.protocol = "http"
        self.client = Client(config)

    def call(self, action, **parameters):
        import re

        from alibabacloud_ecs20140526 import models
        from darabonba.exceptions import DaraException

        fields = {"RegionId": REGION, **parameters}
        if "Tag" in fields:
            fields["Tag"] = [{"Key": key, "Value": text} for key, text in fields["Tag"].items()]
        request = getattr(models, f"{action}Request")().from_map(fields)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        try:
            response = getattr(self.client, method)(request)
        except DaraException as error:
            status = getattr(error, "status_code", None) or (error.data or {}).get("statusCode")
            raise Refused(status, error.code, error.message) from error
        assert response.status_code == 200, response
        return response.body.to_map()

    def assume(self, **parameters):
        from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
        from darabonba.runtime import RuntimeOptions

        params = Params(
            action="AssumeRole", version="2015-04-01", protocol="HTTP", pathname="/", method="POST",
            auth_type="AK", style="RPC", req_body_type="formData", body_type="json",
        )
        return self.client.call_api(params, OpenApiRequest(query=parameters), RuntimeOptions())["body"]


def refused(sdk, status, code, action, **parameters):
    """The call must be refused with just this status and code."""
    try:
        answer = sdk.call(action, **parameters)
    except Refused as error:
        assert (error.status, error.code) == (status, code), error
        return
    raise AssertionError(f"{action} {parameters} was not refused: {answer}")


def scenario(sdk):
    made, imported = f"{sdk.name}-made", f"{sdk.name}-imported"
    both = json.dumps([made, imported])

    answer = sdk.call("CreateKeyPair", KeyPairName=made, Tag={"who": sdk.name})
    assert answer["KeyPairName"] == made and len(answer["KeyPairFingerPrint"]) == 32, answer
    assert answer["KeyPairId"].startswith("ssh-"), answer
    assert answer["PrivateKeyBody"].startswith("-----BEGIN RSA PRIVATE KEY-----\nMII"), "no PKCS#1 key"
    refused(sdk, 400, "KeyPair.AlreadyExist", "CreateKeyPair", KeyPairName=made)

    answer = sdk.call("ImportKeyPair", KeyPairName=imported, PublicKeyBody=PUBLIC_KEY)
    assert answer["KeyPairName"] == imported and "KeyPairId" not in answer, answer
    fingerprint = answer["KeyPairFingerPrint"]

    answer = sdk.call("DescribeKeyPairs", KeyPairName=f"{sdk.name}-*", PageSize=50)
    pairs = answer["KeyPairs"]["KeyPair"]
    assert answer["TotalCount"] == 2 and [p["KeyPairName"] for p in pairs] == [imported, made], answer
    assert pairs[0]["KeyPairFingerPrint"] == fingerprint, answer
    assert pairs[1]["Tags"]["Tag"] == [{"TagKey": "who", "TagValue": sdk.name}], answer
    answer = sdk.call("DescribeKeyPairs", KeyPairName=imported, IncludePublicKey=True)
    assert answer["KeyPairs"]["KeyPair"][0]["PublicKey"] == PUBLIC_KEY, answer

    ids = json.dumps(["i-sdk-1", "i-sdk-2", "i-nowhere"])
    answer = sdk.call("AttachKeyPair", KeyPairName=imported, InstanceIds=ids)
    assert int(answer["TotalCount"]) == 3 and int(answer["FailCount"]) == 1, answer
    results = {r["InstanceId"]: str(r["Success"]).lower() for r in answer["Results"]["Result"]}
    assert results == {"i-sdk-1": "true", "i-sdk-2": "true", "i-nowhere": "false"}, answer
    answer = sdk.call("DescribeInstances", KeyPairName=imported, MaxResults=10)
    assert [i["InstanceId"] for i in answer["Instances"]["Instance"]] == ["i-sdk-1", "i-sdk-2"], answer

    sdk.call("TagResources", ResourceType="keypair", ResourceId=[imported], Tag={"a": "1", "b": ""})
    sdk.call("UntagResources", ResourceType="keypair", ResourceId=[imported], TagKey=["b"])
    answer = sdk.call("ListTagResources", ResourceType="keypair", ResourceId=[imported])
    tags = [(t["TagKey"], t["TagValue"]) for t in answer["TagResources"]["TagResource"]]
    assert tags == [("a", "1")], answer

    bound = "InvalidParameter.KeypairAlreadyAttachedInstance"
    refused(sdk, 400, bound, "DeleteKeyPairs", KeyPairNames=both)
    refused(sdk, 400, "InvalidKeyPairNames.ValueNotSupported", "DeleteKeyPairs", KeyPairNames=made)
    many = json.dumps([f"many-{n}" for n in range(101)])
    refused(sdk, 403, "InstanceKeyPairLimitExceeded", "DeleteKeyPairs", KeyPairNames=many)

    sdk.call("DetachKeyPair", KeyPairName=imported, InstanceIds=json.dumps(["i-sdk-1", "i-sdk-2"]))
    sdk.call("DeleteKeyPairs", KeyPairNames=both)
    answer = sdk.call("DescribeKeyPairs", KeyPairName=f"{sdk.name}-*")
    assert answer["TotalCount"] == 0 and answer["KeyPairs"]["KeyPair"] == [], answer

    refused(type(sdk)(KEY[0], "another", None), 400, sdk.wrong_secret, "DescribeKeyPairs")
    assert type(sdk)(*STS_KEY).call("DescribeKeyPairs")["TotalCount"] == 0
    mismatch = "InvalidSecurityToken.MismatchWithAccessKey"
    refused(type(sdk)(*STS_KEY[:2], "another"), 400, mismatch, "DescribeKeyPairs")

    answer = type(sdk)(*STS_KEY).assume(RoleArn="acs:ram::2:role/sdk", RoleSessionName=f"{sdk.name}-sdk")
    session = answer["Credentials"]
    session = type(sdk)(session["AccessKeyId"], session["AccessKeySecret"], session["SecurityToken"])
    assert session.call("DescribeKeyPairs")["TotalCount"] == 0


for sdk in (OldSdk(*KEY), NewSdk(*KEY)):
    scenario(sdk)
    print(f"the {sdk.name} SDK is content")
