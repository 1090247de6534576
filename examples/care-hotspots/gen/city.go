package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// township is one of Daye's townships and subdistricts with invented shares:
// of the population, of the elderly, and of the disabled.
type township struct {
	name                   string
	people, elder, disable float64
}

var townships = []township{
	{"东岳路街道", 14, 0.16, 0.020}, {"金湖街道", 13, 0.17, 0.021}, {"罗家桥街道", 12, 0.15, 0.018}, {"金山街道", 5, 0.14, 0.019},
	{"还地桥镇", 10, 0.21, 0.026}, {"金牛镇", 9, 0.24, 0.031}, {"保安镇", 7, 0.22, 0.027}, {"灵乡镇", 6, 0.23, 0.029},
	{"陈贵镇", 7, 0.20, 0.025}, {"大箕铺镇", 6, 0.25, 0.033}, {"殷祖镇", 4, 0.28, 0.036}, {"刘仁八镇", 4, 0.29, 0.038},
	{"金山店镇", 3, 0.21, 0.028}, {"茗山乡", 3, 0.27, 0.035}, {"东风农场", 1, 0.22, 0.030},
}

// day is the date on which the invented city stands still.
var day = time.Date(2025, 11, 10, 0, 0, 0, 0, time.UTC)

type person struct {
	id, name, mobile, sex string
	birth                 time.Time
	township              string
	elderly, livesAlone   bool
	careLevel             int // 0 none .. 3 full care
	disability            string
	disabilityGrade       int // 0 none; 1 (most severe) .. 4
	chronic               int // chronic diseases on the health record
	checked               time.Time
	visits                []visit
}

type visit struct {
	on     time.Time
	kind   string
	amount float64 // yuan
}

const (
	family = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
	given  = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂香华玉梅建国志文红春生凤新德福林海云峰辉玲燕鹏飞宁佳欣怡子涵浩宇轩梓萱一诺雨桐思远"
)

var disabilities = []string{"视力", "听力", "言语", "肢体", "智力", "精神", "多重"}

// newCity invents n residents from a seed.
func newCity(seed uint64, n int) []person {
	r := rand.New(rand.NewPCG(seed, 0x676c6f7665626f78))
	born := map[string]int{} // people by birthday and sex, so that numbers stay distinct
	out := make([]person, n)
	for i := range out {
		p := newPerson(r)
		day := p.birth.Format("20060102") + p.sex
		p.id = residentID(p.birth, born[day], p.sex == "男")
		born[day]++
		out[i] = p
	}
	return out
}

// anyTownship picks one by its share of the population.
func anyTownship(r *rand.Rand) township {
	total := 0.0
	for _, t := range townships {
		total += t.people
	}
	x := r.Float64() * total
	for _, t := range townships {
		if x -= t.people; x < 0 {
			return t
		}
	}
	return townships[0]
}

func newPerson(r *rand.Rand) person {
	t := anyTownship(r)
	p := person{township: t.name, sex: []string{"男", "女"}[r.IntN(2)]}
	age := r.IntN(65)
	if p.elderly = r.Float64() < t.elder; p.elderly {
		age = 65 + int(r.ExpFloat64()*8)%36
	}
	p.birth = day.AddDate(-age, 0, -r.IntN(365))
	p.name = pick(r, family) + pick(r, given)
	if r.IntN(4) > 0 {
		p.name += pick(r, given)
	}
	p.mobile = fmt.Sprintf("1%d%09d", []int{3, 5, 7, 8, 9}[r.IntN(5)], r.IntN(1_000_000_000))
	if p.elderly {
		p.livesAlone = r.Float64() < 0.18
		p.careLevel = min(3, int(r.ExpFloat64()*float64(age-60)/25))
	}
	if r.Float64() < t.disable*(1+float64(age)/60) {
		p.disability = disabilities[r.IntN(len(disabilities))]
		p.disabilityGrade = 1 + r.IntN(4)
	}
	p.chronic = min(9, int(r.ExpFloat64()*float64(age)/45))
	p.checked = day.AddDate(0, 0, -r.IntN(900))
	for k := min(40, int(r.ExpFloat64()*(0.5+float64(p.chronic)+float64(age)/40))); k > 0; k-- {
		v := visit{on: day.AddDate(0, 0, -r.IntN(365)), kind: "门诊", amount: 30 + r.ExpFloat64()*180}
		if r.IntN(9) == 0 {
			v.kind, v.amount = "住院", 1500+r.ExpFloat64()*6000
		}
		v.amount = min(float64(int(v.amount*100))/100, 200000)
		p.visits = append(p.visits, v)
	}
	return p
}

func pick(r *rand.Rand, from string) string {
	runes := []rune(from)
	return string(runes[r.IntN(len(runes))])
}

// residentID makes an 18-digit number of district 420281 with a right check
// digit; k counts the people of one birthday and sex.
func residentID(birth time.Time, k int, male bool) string {
	seq := 2 * (k % 500)
	if male {
		seq++
	}
	s := fmt.Sprintf("420281%s%03d", birth.Format("20060102"), seq)
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for k, w := range weights {
		sum += int(s[k]-'0') * w
	}
	return s + string("10X98765432"[sum%11])
}
