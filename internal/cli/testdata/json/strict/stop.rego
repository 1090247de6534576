package glovebox.domain

deny contains {"rule": "stop", "req": "R20", "text": {"en": "no export now", "zh": "暂停导出"}} if {
	input.point == "export"
}

deny contains {"rule": "train", "text": {"en": "no training", "zh": "不得训练"}} if {
	input.point == "admit"
	input.job.mode == "train"
}
