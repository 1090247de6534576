package value

import (
	"bytes"
)

// manyUnits move a number's point, the longer ones first.
var manyUnits = []struct {
	text string
	n    int
}{{"万亿", 12}, {"千亿", 11}, {"百亿", 10}, {"十亿", 9}, {"千万", 7}, {"百万", 6}, {"十万", 5}, {"亿", 8}, {"万", 4}, {"千", 3}}

// measures are units of measure that stand behind a number, the longer ones
// first. None of them changes what the number is; 万 and % do, and are others.
var measures = []string{"平方米", "平方公里", "立方米", "公里", "千米", "厘米", "毫米", "平米", "公斤", "千克", "公顷", "千瓦时", "平方", "km²", "mm", "cm", "km", "kg", "kWh", "m2", "m²", "m3", "m³",
	"㎡", "㎥", "米", "m", "克", "吨", "亩", "度", "升", "岁", "周岁", "人", "户", "个", "次", "件", "套", "间", "台", "辆", "张", "份", "家", "天", "日", "个月", "月", "年", "小时", "分钟", "分", "秒", "级", "层", "楼"}

// measureOff takes a unit of measure off a number.
func measureOff(t []byte) []byte {
	longest := 0
	for _, m := range measures {
		if len(m) > longest && bytes.HasSuffix(t, []byte(m)) {
			longest = len(m)
		}
	}
	return bytes.TrimRight(t[:len(t)-longest], " ")
}
