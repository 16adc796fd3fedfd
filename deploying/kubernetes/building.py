"""What `kubectl apply -k` would send: an overlay's resources, patched. Only the part of kustomize that we use.

kustomize itself is not needed to check; what it would refuse (a patch of nothing, a file outside its folder) is refused here.
"""

import copy
import posixpath
from typing import Any

from deploying.reading import Texts, against, only, parsed

KUSTOMIZATION = "kustomization.yaml"
Resource = dict[str, Any]


class Unbuildable(Exception):
    """The overlay cannot be put together; the message says why."""


def build(texts: Texts, folder: str, used: set[str]) -> list[Resource]:
    """The resources of a folder with a kustomization; the files that were read are added to `used`."""
    path = f"{folder}/{KUSTOMIZATION}"
    used.add(path)
    if path not in texts:
        raise Unbuildable(f"{folder} has no {KUSTOMIZATION}.")
    spec = only(texts, path)
    if wrong := against("kustomization.yaml", spec, path):
        raise Unbuildable(wrong[0])
    found: list[Resource] = []
    for name in spec["resources"]:
        found += resources(texts, folder, name, used)
    keys = [identity(one) for one in found]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise Unbuildable(f"{path} has {' and '.join(map(str, sorted(twice)))} twice.")
    for patch in spec.get("patches", []):
        found = patched(found, patch, path)
    for image in spec.get("images", []):
        rename(found, image, path)
    return found


def resources(texts: Texts, folder: str, name: str, used: set[str]) -> list[Resource]:
    """What one line of `resources` brings: a folder beside or below, or a file within."""
    place = posixpath.normpath(posixpath.join(folder, name))
    if not name.endswith(".yaml"):
        return build(texts, place, used)
    used.add(place)
    if not place.startswith(f"{folder}/") or place not in texts:
        raise Unbuildable(f"{folder} names {name}, which is no file of its folder.")
    documents = parsed(texts[place])
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
            raise Unbuildable(f"{place} holds something that is no resource.")
    return copy.deepcopy(list(documents))


def identity(resource: Resource) -> tuple[str, str]:
    """Kind and name."""
    return str(resource.get("kind")), str(resource["metadata"].get("name"))


def patched(found: list[Resource], patch: dict[str, Any], path: str) -> list[Resource]:
    """The resources after one patch: a list of operations (RFC 6902), or `$patch: delete`."""
    target = (patch["target"]["kind"], patch["target"]["name"])
    aims = [one for one in found if identity(one) == target]
    if not aims:
        raise Unbuildable(f"{path} patches {' '.join(target)}, which is not there.")
    (said,) = parsed(patch["patch"])
    if isinstance(said, dict):
        if said.get("$patch") != "delete" or set(said) != {"$patch", "apiVersion", "kind", "metadata"} or identity(said) != target:
            raise Unbuildable(f"{path} has a patch of {' '.join(target)} that is neither operations nor a deletion of it.")
        return [one for one in found if identity(one) != target]
    for operation in said:
        operate(aims[0], operation, f"{path}, patch of {' '.join(target)}")
    return found


def operate(resource: Resource, operation: dict[str, Any], where: str) -> None:
    """One operation on one resource: what is added has a place, what is replaced or removed is there."""
    if set(operation) - {"op", "path", "value"} or operation.get("op") not in ("add", "replace", "remove") or "path" not in operation:
        raise Unbuildable(f"{where}: {operation} is no operation.")
    if (operation["op"] == "remove") == ("value" in operation):
        raise Unbuildable(f"{where}: {operation['op']} {operation['path']} has a value too many, or none.")
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].lstrip("/").split("/")]
    place: Any = resource
    try:
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        key = int(last) if isinstance(place, list) and last != "-" else last
        if operation["op"] == "add" and isinstance(place, list):
            place.insert(len(place) if key == "-" else key, operation["value"])
        elif operation["op"] == "add":
            place[key] = operation["value"]
        elif operation["op"] == "replace":
            place[key] = (place[key], operation["value"])[1]
        else:
            del place[key]
    except (KeyError, IndexError, TypeError, ValueError):
        raise Unbuildable(f"{where}: {operation['path']} is not there.") from None


def template_of(resource: Resource) -> dict[str, Any]:
    """The pods that a resource makes; nothing for one that makes none."""
    spec = resource.get("spec")
    if not isinstance(spec, dict):
        return {}
    found: dict[str, Any] = spec.get("jobTemplate", {"spec": spec})["spec"].get("template", {})
    return found


def rename(found: list[Resource], image: dict[str, str], path: str) -> None:
    """An image's real name and tag, in every container that has it."""
    hits = 0
    for resource in found:
        for container in template_of(resource).get("spec", {}).get("containers", []):
            if container.get("image") == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
                hits += 1
    if not hits:
        raise Unbuildable(f"{path} names the image {image['name']}, which no container has.")
