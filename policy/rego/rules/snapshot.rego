# Data to read: every dataset has a current snapshot.
package glovebox.rules.snapshot

import data.glovebox.lib

texts := {
	"snapshot.none": {
		"req": "R03",
		"en": "dataset {dataset} has no snapshot yet; its provider {provider} loads one with `glovebox dataset load`",
		"zh": "数据资源 {dataset} 尚无快照；请数据提供单位 {provider} 用 `glovebox dataset load` 载入",
	},
	"snapshot.destroyed": {
		"req": "R15",
		"en": "the snapshot of dataset {dataset} was destroyed, its key is gone; its provider {provider} can load a new one",
		"zh": "数据资源 {dataset} 的快照已销毁，密钥不复存在；可由数据提供单位 {provider} 重新载入",
	},
}

deny contains lib.fault("snapshot.none", sprintf("inputs.%s", [dataset]), {"dataset": dataset, "provider": d.provider}) if {
	some dataset, _ in input.job.inputs
	d := input.datasets[dataset]
	state := d.snapshot
	not state in {"current", "destroyed"}
}

deny contains lib.fault("snapshot.destroyed", sprintf("inputs.%s", [dataset]), {"dataset": dataset, "provider": d.provider}) if {
	some dataset, _ in input.job.inputs
	d := input.datasets[dataset]
	d.snapshot == "destroyed"
}
