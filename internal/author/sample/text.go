package sample

import (
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// Words of texts that a record does not list. The places are invented.
var (
	places    = []string{"青石镇", "白沙乡", "柳河镇", "云台街道", "北湖街道", "石桥镇", "枫林乡", "龙泉街道", "双塘镇", "南岭乡", "清溪镇", "金沙街道"}
	companies = []string{"青石实业有限公司", "柳河食品厂", "云台贸易有限公司", "北湖机械厂", "枫林建材有限公司", "清溪纺织厂", "金沙物流有限公司", "龙泉医药有限公司"}
	streets   = []string{"青石镇人民路", "柳河镇解放街", "云台街道文化路", "北湖街道建设路", "清溪镇新村", "金沙街道中山路"}
	words     = []string{"甲类", "乙类", "丙类", "丁类", "一级", "二级", "三级", "其他"}
	letters   = []string{"alpha", "beta", "gamma", "delta", "kappa", "lambda", "omega", "sigma"}
)

// topics are what the name or title of a column can speak of, the first that
// fits.
var topics = []struct {
	words []string
	list  []string
}{
	{[]string{"address", "addr", "地址", "住址"}, streets},
	{[]string{"township", "town", "street", "village", "community", "district", "county", "city", "place", "region", "乡", "镇", "街道", "村", "社区", "区划", "地区"}, places},
	{[]string{"company", "enterprise", "employer", "organisation", "organization", "企业", "公司", "单位"}, companies},
}

// text draws a text of at most the column's bytes.
func text(d dice, c glovebox.Column) string {
	limit := textBytes(c)
	name, title := strings.ToLower(c.Name), c.Title.ZH
	if strings.Contains(title, "姓名") {
		return cut(personName(d), limit)
	}
	for _, t := range topics {
		for _, w := range t.words {
			if strings.Contains(name, w) || strings.Contains(title, w) {
				return cut(pick(d, t.list), limit)
			}
		}
	}
	if title != "" {
		return cut(pick(d, words), limit)
	}
	return cut(pick(d, letters), limit)
}

// cut shortens a text to whole characters in at most n bytes; where there is
// no room for one it is a letter.
func cut(s string, n int) string {
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	if s == "" {
		return "a"
	}
	return s
}
