import json

import net_sdk

info = net_sdk.build_info()
facts = {"version": info.version, "spec_hash": info.spec_hash, "features": info.features}
print(json.dumps({**facts, "from": net_sdk.__file__}))
