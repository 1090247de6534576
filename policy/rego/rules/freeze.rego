# The brake of the whole domain: while it is on, nothing is decided for.
package glovebox.rules.freeze

import data.glovebox.lib

texts := {"freeze.on": {
	"req": "R18",
	"en": "the authority froze the domain: nothing runs and nothing leaves until everyone who froze it ends that with `glovebox unfreeze`",
	"zh": "实施机构已冻结本域：在所有冻结者用 `glovebox unfreeze` 解除之前，不得运行任何作业，也不得输出任何内容",
}}

deny contains lib.fault("freeze.on", "frozen", {}) if input.frozen == true
