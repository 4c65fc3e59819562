import json
from typing import Any

import pytest

from integrations.crm.salesforce.deploy import DeployStatus, deploy_status, start_deploy
from integrations.errors import Rejected

DEPLOY_ID = "0Af3g00000Cwjv3AAB"


class Answering:
    """A call that always gets one answer and keeps what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def __call__(self, method: str, path: str, /, *, files=None, json=None, params=None) -> Any:
        self.asked.append({"method": method, "path": path, "files": files, "json": json, "params": params})
        return self.answer


def a_result(**changes: Any) -> dict[str, Any]:
    usual = {"done": True, "status": "Succeeded", "success": True, "details": {}}
    return {"id": DEPLOY_ID, "deployResult": usual | changes}


@pytest.mark.parametrize("check_only", [True, False])
def test_a_deployment_is_one_form_of_options_and_zip(check_only: bool) -> None:
    call = Answering({"id": DEPLOY_ID})
    start_deploy(call, b"PK", check_only=check_only)
    (asked,) = call.asked
    name, options, kind = asked["files"].pop("json")
    assert (asked["method"], asked["path"]) == ("POST", "metadata/deployRequest")
    assert (name, kind) == (None, "application/json")
    assert json.loads(options) == {
        "deployOptions": {"checkOnly": check_only, "singlePackage": True, "rollbackOnError": True}
    }
    assert asked["files"] == {"file": ("voc.zip", b"PK", "application/zip")}


def test_the_number_of_the_deployment_comes_back() -> None:
    assert start_deploy(Answering({"id": DEPLOY_ID}), b"PK", check_only=True) == DEPLOY_ID


@pytest.mark.parametrize("answer", [None, [], {}, {"id": None}, {"id": "../limits"}, {"id": 7}])
def test_an_answer_without_a_number_is_refused(answer: Any) -> None:
    with pytest.raises(Rejected, match="named no deployment"):
        start_deploy(Answering(answer), b"PK", check_only=True)


def test_a_deployment_is_asked_about_with_its_details() -> None:
    call = Answering(a_result())
    deploy_status(call, DEPLOY_ID)
    (asked,) = call.asked
    assert (asked["method"], asked["path"]) == ("GET", f"metadata/deployRequest/{DEPLOY_ID}")
    assert asked["params"] == {"includeDetails": "true"}


def test_success_is_done_with_its_count() -> None:
    result = a_result(numberComponentsDeployed=31, numberComponentsTotal=31)
    assert deploy_status(Answering(result), DEPLOY_ID) == DeployStatus(
        done=True, is_success=True, state="Succeeded", components=31, total=31
    )


@pytest.mark.parametrize("state", ["Pending", "InProgress", "Canceling"])
def test_what_is_under_way_is_neither_done_nor_in_trouble(state: str) -> None:
    status = deploy_status(Answering(a_result(done=False, status=state, success=False)), DEPLOY_ID)
    assert (status.done, status.is_success, status.state, status.problems) == (False, False, state, ())


def test_each_refused_component_is_a_sentence() -> None:
    failures = [
        {
            "componentType": "CustomField",
            "fullName": "Account.VOC_Engagement__c",
            "problem": "Duplicate label",
            "lineNumber": 7,
        },
        {"fileName": "package.xml", "problem": "Unknown type."},
    ]
    result = a_result(status="Failed", success=False, details={"componentFailures": failures})
    assert deploy_status(Answering(result), DEPLOY_ID).problems == (
        "CustomField Account.VOC_Engagement__c: Duplicate label (line 7).",
        "package.xml: Unknown type.",
    )


def test_a_single_failure_need_not_be_a_list() -> None:
    failure = {"componentType": "FlexiPage", "fullName": "VOC_Account", "problem": "Not allowed"}
    result = a_result(status="Failed", success=False, details={"componentFailures": failure})
    assert deploy_status(Answering(result), DEPLOY_ID).problems == ("FlexiPage VOC_Account: Not allowed.",)


def test_failures_beside_the_details_count_too() -> None:
    result = a_result(status="Failed", componentFailures=[{"fullName": "VOC_Viewer", "problem": "No"}])
    assert deploy_status(Answering(result), DEPLOY_ID).problems == ("VOC_Viewer: No.",)


def test_what_goes_wrong_as_a_whole_is_said() -> None:
    result = a_result(status="Failed", errorMessage="UNKNOWN_EXCEPTION: the package is not a zip.")
    assert deploy_status(Answering(result), DEPLOY_ID).problems == (
        "Salesforce said: UNKNOWN_EXCEPTION: the package is not a zip.",
    )


@pytest.mark.parametrize("state", ["Failed", "Canceled", "SucceededPartial"])
def test_no_success_is_left_without_a_reason(state: str) -> None:
    status = deploy_status(Answering(a_result(status=state, success=False)), DEPLOY_ID)
    assert not status.is_success
    assert status.problems == ("Salesforce gave no reason; look under Deployment Status in its Setup.",)


@pytest.mark.parametrize("answer", [None, [], {}, {"deployResult": None}, {"deployResult": []}])
def test_an_answer_about_nothing_is_refused(answer: Any) -> None:
    with pytest.raises(Rejected, match="said nothing about this deployment"):
        deploy_status(Answering(answer), DEPLOY_ID)


@pytest.mark.parametrize("deploy_id", ["", "0Af", "../limits", "0Af3g00000Cwjv3?x=1"])
def test_what_is_no_number_is_never_asked_about(deploy_id: str) -> None:
    call = Answering(a_result())
    with pytest.raises(Rejected, match="not the number of a deployment"):
        deploy_status(call, deploy_id)
    assert call.asked == []
