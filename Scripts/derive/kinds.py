#!/usr/bin/env python3
"""Gathers what 'dreamsim calibrate FOLDER' has found into the file that comes with the project.

    export DREAMSIM_HOME=$(mktemp -d)   # with the weights in it
    dreamsim calibrate PHOTOGRAPHS --same-scene PAIRS.csv --metric lite,vits14-focus --name NAME
    Scripts/derive/kinds.py "$DREAMSIM_HOME"/profiles/*.json > Sources/DreamSimCore/Profiles/Shipped/profiles.json

The one in the project is of the 58 reference images of DreamSim's project page (NIGHTS, 768 x 768 pixels); the pairs of one scene
are each reference with its two variations.
"""
import json
import sys

profiles = []
for path in sys.argv[1:]:
    with open(path) as file:
        profile = json.load(file)
    if "kinds" in profile:
        profiles.append({"version": profile["version"], "identity": profile["identity"], "dataSets": [], "kinds": profile["kinds"]})
profiles.sort(key=lambda profile: profile["identity"]["name"])
lines = [json.dumps(profile, sort_keys=True, separators=(",", ":")) for profile in profiles]
print("[\n" + ",\n".join(lines) + "\n]")
