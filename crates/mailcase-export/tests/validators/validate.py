"""Validates documents with the official validators, without a network.

    validate.py stix|misp FILE…

Writes what is wrong with each file, one JSON object per line: {"errors": […], "warnings": […]}.
"""

import json
import pathlib
import socket
import sys


def no_network(*_):
    raise OSError("validators must do without a network")


socket.socket.connect = no_network
socket.create_connection = no_network


def stix(path):
    from stix2validator import ValidationOptions, validate_file

    result = validate_file(path, ValidationOptions(version="2.1"))
    errors = [] if result.fatal is None else [str(result.fatal)]
    warnings = []
    for found in result.object_results:
        errors += [str(error) for error in found.errors or []]
        warnings += [str(warning) for warning in found.warnings or []]
    if not result.is_valid and not errors:
        errors.append("not valid")
    return errors, warnings


def misp(path):
    import pymisp
    from jsonschema import Draft4Validator

    schema = json.loads((pathlib.Path(pymisp.__file__).parent / "data/schema.json").read_text())
    document = json.loads(pathlib.Path(path).read_text())
    errors = [error.message for error in Draft4Validator(schema).iter_errors(document)]
    try:
        event = pymisp.MISPEvent(strict_validation=True)
        event.load_file(path)
        json.loads(event.to_json())
        # The library mends what the server refuses.
        allowed = event.describe_types["category_type_mappings"]
        for one in document["Event"]["Attribute"]:
            if one["type"] not in allowed.get(one["category"], []):
                errors.append(f"{one['type']} is not of {one['category']}")
        if len(event.attributes) != len(document["Event"]["Attribute"]):
            errors.append("attributes were lost")
    except Exception as error:  # Every refusal counts, whatever its type.
        errors.append(f"{type(error).__name__}: {error}")
    return errors, []


for name in sys.argv[2:]:
    found, doubtful = {"stix": stix, "misp": misp}[sys.argv[1]](name)
    print(json.dumps({"errors": found, "warnings": doubtful}))
