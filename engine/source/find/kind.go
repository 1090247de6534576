// Package find looks at a provider's file before there is a record of it: what
// form it has, what its columns hold, and which of them name, describe or reach
// a person.
//
// Promises: what it says of a file holds names of columns, kinds and shares
// rounded to whole per cents, and never a value; a kind with a check digit is
// only found by it; memory is bounded by the rows that are looked at.
//
// Not promised: that nothing was missed. A finding is a proposal for a person to
// decide on: names and addresses have no check digit.
package find

import (
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// Kind is what a column holds.
type Kind string

// The kinds.
const (
	ResidentID Kind = "resident-id"
	CreditCode Kind = "credit-code"
	Mobile     Kind = "mobile"
	Landline   Kind = "landline"
	BankCard   Kind = "bank-card"
	Passport   Kind = "passport"
	Officer    Kind = "officer-card"
	Driving    Kind = "driving-licence"
	Plate      Kind = "plate"
	Address    Kind = "address"
	Name       Kind = "name"
	Email      Kind = "email"
	IP         Kind = "ip"
	MAC        Kind = "mac"
	Birth      Kind = "birth-date"
	GPS        Kind = "gps"
	Diagnosis  Kind = "diagnosis"
)

// Kinds lists them in the order in which they are asked: a value that several
// fit is of the first.
var Kinds = []Kind{ResidentID, CreditCode, Mobile, Landline, BankCard, Passport, Officer, Driving, Plate, Email, IP, MAC, GPS, Diagnosis, Birth, Address, Name}

// In is the kind's name in a language.
func (k Kind) In(lang glovebox.Lang) string {
	if zh := chinese[k]; lang == glovebox.Chinese && zh != "" {
		return zh
	}
	return string(k)
}

var chinese = map[Kind]string{ //nolint:gosec // words, no secrets
	ResidentID: "公民身份号码", CreditCode: "统一社会信用代码", Mobile: "手机号码", Landline: "固定电话", BankCard: "银行卡号", Passport: "护照或通行证", Officer: "军官证", Driving: "驾驶证",
	Plate: "车牌", Address: "地址", Name: "姓名", Email: "电子邮箱", IP: "IP 地址", MAC: "MAC 地址", Birth: "出生日期", GPS: "定位坐标", Diagnosis: "诊断编码",
}

// kindInfo says how a kind is found.
type kindInfo struct {
	is func(string) bool
	// words of a header that speak of it, in both languages and small letters.
	words []string
	// alone is the share of values that is enough without a word of the header, in
	// per cent; 0: a word is needed. withWord is that with one.
	alone, withWord int
	checked         bool // by a check digit
}

var kinds = map[Kind]kindInfo{
	ResidentID: {isResident, []string{"身份证", "公民身份号码", "证件号", "身份号码", "idcard", "id_card", "id_no", "resident_id", "identity"}, 60, 20, true},
	CreditCode: {func(s string) bool { return source.Formats["cn-uscc"](s) }, []string{"统一社会信用", "信用代码", "机构代码", "uscc", "credit_code"}, 60, 20, true},
	Mobile:     {isMobile, []string{"手机", "联系电话", "移动电话", "联系方式", "mobile", "phone", "cell"}, 70, 30, false},
	Landline:   {landline().MatchString, []string{"电话", "座机", "固话", "传真", "phone", "tel", "fax"}, 80, 30, false},
	BankCard:   {isBankCard, []string{"银行卡", "卡号", "银行账", "账号", "bank_card", "bankcard", "card_no", "account"}, 70, 40, true},
	Passport:   {passport().MatchString, []string{"护照", "通行证", "passport"}, 90, 40, false},
	Officer:    {officer().MatchString, []string{"军官证", "士兵证", "警官证", "军人", "officer"}, 60, 40, false},
	Driving:    {isDriving, []string{"驾驶证", "驾照", "档案编号", "driving", "driver", "licence_no", "license_no"}, 0, 50, false},
	Plate:      {plate().MatchString, []string{"车牌", "号牌", "牌照", "plate"}, 60, 30, false},
	Email:      {isEmail, []string{"邮箱", "邮件", "email", "e-mail", "e_mail"}, 60, 30, false},
	IP:         {isIP, []string{"ip地址", "登录ip", "ip"}, 80, 50, false},
	MAC:        {mac().MatchString, []string{"mac"}, 80, 50, false},
	GPS:        {isGPS, []string{"经度", "纬度", "经纬", "坐标", "gps", "longitude", "latitude", "lng", "lon", "lat", "location"}, 0, 60, false},
	Diagnosis:  {isDiagnosis, []string{"诊断", "疾病编码", "icd", "diagnos", "disease"}, 90, 50, false},
	Birth:      {isBirth, []string{"出生", "生日", "birth", "born", "dob"}, 0, 60, false},
	Address:    {isAddress, []string{"住址", "地址", "户籍地", "居住地", "坐落", "位置", "address", "addr", "residence"}, 60, 30, false},
	Name:       {isName, []string{"姓名", "名字", "户主", "联系人", "法人", "法定代表人", "经办人", "申请人", "负责人", "full_name", "person_name", "contact"}, 80, 40, false},
}

func once(s string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(s) })
}

var (
	landline = once(`^(\(?0\d{2,3}\)?[- ]?)[2-8]\d{6,7}([-转]\d{1,6})?$|^400-?\d{3}-?\d{4}$`)
	passport = once(`^([EGDSPK]\d{8}|E[A-HJ-NP-Z]\d{7}|1[45]\d{7}|[HMhm]\d{8}(\d{2})?|[CW]\d{8})$`)
	officer  = once(`^[\p{Han}]{1,4}字第?\d{4,8}号?$`)
	plate    = once(`^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-NP-Z][·• ]?([A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[DFABCEGHJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[DFABCEGHJK])$`)
	mac      = once(`^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$`)
	icd      = once(`^[A-TV-Z]\d{2}(\.[0-9A-Z]{1,4})?([x+*][0-9A-Z]{0,4})?$`)
	pair     = once(`^\(?\s*-?\d{1,3}\.\d{3,}\s*[,，; ]\s*-?\d{1,3}\.\d{3,}\s*\)?$`)
	degrees  = once(`^-?\d{1,3}\.\d{3,}$`)
)

func isResident(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) == 15 { // before 1999: no check character, so the day must be one
		if strings.Trim(s, "0123456789") != "" || s[0] == '0' {
			return false
		}
		return isBirth("19" + s[6:12])
	}
	return source.Formats["cn-resident-id"](s)
}

func isMobile(s string) bool {
	s = strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s))
	s = strings.TrimPrefix(s, "+86")
	return source.Formats["cn-mobile"](s)
}

// isBankCard checks a card number of 16 to 19 digits with its last (Luhn), as
// UnionPay, Visa, Mastercard and JCB number theirs.
func isBankCard(s string) bool {
	s = strings.ReplaceAll(strings.TrimSpace(s), " ", "")
	if len(s) < 16 || len(s) > 19 || strings.Trim(s, "0123456789") != "" || !strings.ContainsRune("34569", rune(s[0])) {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isDriving takes the number of a licence, which is its holder's, and that of
// its file.
func isDriving(s string) bool {
	return isResident(s) || len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && strings.Contains(s[strings.LastIndexByte(s, '@'):], ".")
}

func isIP(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && (a.Is4() || strings.Count(s, ":") > 1)
}

// isGPS takes a pair of degrees or one number of them with three digits behind
// the point: a hundred metres.
func isGPS(s string) bool { return pair().MatchString(s) || degrees().MatchString(s) }

func isDiagnosis(s string) bool { return icd().MatchString(strings.TrimSpace(s)) }

// addressWords are the ends of the parts of an address, from the province down.
var addressWords = []string{"省", "自治区", "市", "自治州", "县", "区", "旗", "镇", "乡", "街道", "村", "社区", "组", "路", "街", "巷", "弄", "道", "大道", "号", "栋", "幢", "单元", "室", "楼", "小区"}

func isAddress(s string) bool {
	n, han := 0, 0
	for _, w := range addressWords {
		if i := strings.Index(s, w); i > 0 {
			n++
		}
	}
	for _, r := range s {
		if r >= 0x4E00 && r <= 0x9FFF {
			han++
		}
	}
	fine := strings.ContainsAny(s, "0123456789０１２３４５６７８９一二三四五六七八九十") || strings.Contains(s, "村") || strings.Contains(s, "小区")
	return n >= 3 && han >= 6 && fine && len(s) <= 300 && !strings.ContainsAny(s, "。；")
}

// surnames are those of some 97 per cent of people, by the census of 2020 and
// the register's counts, and the compound ones.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"

var compound = []string{"欧阳", "上官", "司马", "诸葛", "皇甫", "令狐", "慕容", "司徒", "夏侯", "尉迟", "长孙", "宇文", "东方", "南宫", "端木"}

// notNames are ends of words that begin with a surname's character.
var notNames = []string{"镇", "乡", "村", "街道", "社区", "市", "县", "区", "省", "路", "公司", "局", "院", "校", "厂", "店", "部", "科", "房", "费", "色", "病", "族", "度", "类", "型"}

func isName(s string) bool {
	n := strings.Count(s, "") - 1
	if !source.Formats["cn-name"](s) || n < 2 || n > 4 && !strings.ContainsAny(s, "·•") {
		return false
	}
	for _, w := range notNames {
		if strings.HasSuffix(s, w) {
			return false
		}
	}
	if strings.ContainsAny(s, "·•") {
		return true
	}
	for _, c := range compound {
		if strings.HasPrefix(s, c) && n > 2 {
			return true
		}
	}
	r := []rune(s)[0]
	return n <= 3 && strings.ContainsRune(surnames, r)
}
