package value

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
)

func parser(t *testing.T, typ glovebox.Type, more func(*glovebox.Column), written ...string) *Parser {
	t.Helper()
	c := glovebox.Column{Name: "c", Type: typ, Written: written, Class: glovebox.ClassPersonal}
	if more != nil {
		more(&c)
	}
	p, err := Compile(c)
	if err != nil {
		t.Fatalf("%v: %v", written, err)
	}
	return p
}

// show writes a value as a text, so that tables stay readable.
func show(p *Parser, v Value, f Fault) string {
	switch {
	case f == Rounded:
		return "rounded"
	case f != None:
		return "-"
	}
	switch p.col.Type {
	case glovebox.String:
		return string(v.T)
	case glovebox.Float64:
		return strconv.FormatFloat(v.F, 'g', -1, 64)
	case glovebox.Date:
		return string(AppendDate(nil, v.I))
	case glovebox.DateTime:
		return string(AppendDateTime(nil, v.I))
	case glovebox.Decimal:
		return string(AppendDecimal(nil, v.I, p.col.Scale))
	}
	return strconv.FormatInt(v.I, 10)
}

func TestParse(t *testing.T) {
	scale2 := func(c *glovebox.Column) { c.Scale = 2 }
	utc := func(c *glovebox.Column) { c.Zone = "+00:00" }
	id := func(c *glovebox.Column) { c.Format, c.Class = "cn-resident-id", glovebox.ClassIdentifier }
	for _, tt := range []struct {
		typ     glovebox.Type
		more    func(*glovebox.Column)
		written string
		cases   string // text=value, separated by ";"
	}{
		{glovebox.Date, nil, "", "2024-03-18=2024-03-18; 2024-3-18=-;2024/03/18=-;2023-02-29=-;2024-02-29=2024-02-29;0000-01-01=-;0001-01-01=0001-01-01;9999-12-31=9999-12-31;2024-03-18 =2024-03-18;2024-13-01=-;2024-00-10=-"},
		{glovebox.Date, nil, "YYYY/M/D", "2024/3/18=2024-03-18;2024/03/08=2024-03-08;2024-3-18=-;2024/3/018=-;24/3/18=-;2024/2/30=-"},
		{glovebox.Date, nil, "YYYYMMDD", "20240105=2024-01-05;2024015=-;202401055=-"},
		{glovebox.Date, nil, "YYYY年M月D日", "2024年1月5日=2024-01-05;2024年01月05日=2024-01-05;2024年1月5=-"},
		{glovebox.Date, nil, "YYYY年M月D日,full-width", "２０２４年１月５日=2024-01-05"},
		{glovebox.Date, nil, "YYYY/M/D,YYYY-MM-DD,YYYYMMDD", "2024/1/5=2024-01-05;2024-01-05=2024-01-05;20240105=2024-01-05;2024.1.5=-"},
		{glovebox.Date, nil, "serial", "45369=2024-03-18;61=1900-03-01;60=-;45369.5=-;45369.0=2024-03-18;2958465=9999-12-31;2958466=-"},
		{glovebox.Date, nil, "D/M/YYYY", "5/1/2024=2024-01-05;13/1/2024=2024-01-13;1/13/2024=-"},
		{glovebox.DateTime, nil, "", "2024-03-18 09:30:00=2024-03-18 09:30:00;2024-03-18T09:30:00.25=2024-03-18 09:30:00.250000;2024-03-18T01:30:00Z=2024-03-18 09:30:00;2024-03-18 09:30:00+0800=2024-03-18 09:30:00;2024-03-18 09:30:00+08=2024-03-18 09:30:00;2024-03-18 24:00:00=-;2024-03-18 09:60:00=-;2024-03-18=-;2024-03-18 09:30:00.1234567=-;2024-03-18 09:30:00.123456000=2024-03-18 09:30:00.123456"},
		{glovebox.DateTime, utc, "", "2024-03-18T09:30:00+08:00=2024-03-18 01:30:00;2024-03-18 09:30:00-05:30=2024-03-18 15:00:00"},
		{glovebox.DateTime, nil, "YYYY/M/D h:mm", "2024/3/18 9:30=2024-03-18 09:30:00;2024/3/18 19:30=2024-03-18 19:30:00;2024/3/18=-"},
		{glovebox.DateTime, nil, "YYYY/M/D Ah:mm", "2024/3/18 下午3:05=2024-03-18 15:05:00;2024/3/18 上午12:05=2024-03-18 00:05:00;2024/3/18 下午13:05=-"},
		{glovebox.DateTime, nil, "unix", "0=1970-01-01 08:00:00;1710725400=2024-03-18 09:30:00;1710725400.5=2024-03-18 09:30:00.500000;1e9=-;99999999999999=-"},
		{glovebox.DateTime, utc, "unix-ms", "1710725400123=2024-03-18 01:30:00.123000"},
		{glovebox.DateTime, nil, "serial", "45369.5=2024-03-18 12:00:00;45369.395833333336=2024-03-18 09:30:00"},
		{glovebox.Int32, nil, "", "12=12;+12=12;-0=0; 12 =12;1.0=-;1e3=-;2147483647=2147483647;2147483648=-;=-;-=-;１２=-"},
		{glovebox.Int64, nil, "", "9223372036854775807=9223372036854775807;9223372036854775808=-;-9223372036854775808=-9223372036854775808;0000000000000000000000000000000000000001=1"},
		{glovebox.Int64, nil, "thousands,zero-decimals", "3,066.00=3066;1,234,567=1234567;12,34=-;1,2345=-;,123=-;3066=3066;3,066.50=-;-1,000=-1000;1,000,=-;.0=-"},
		{glovebox.Int64, nil, "wan", "1.2万=12000;3亿=300000000;1.00005万=-;12=12;1万亿=1000000000000;万=-"},
		{glovebox.Int64, nil, "wan", "5千=5000;2千万=20000000;1.5百万=1500000;3十亿=3000000000;千=-"},
		{glovebox.Float64, nil, "decimal-comma", "3066,50=3066.5;-0,5=-0.5;3066.50=-;1.234,50=-;1,2,3=-;12=12"},
		{glovebox.Float64, nil, "decimal-comma,thousands", "1.234,50=1234.5;1.234=1234;1.23=-;12.34,5=-;1,234.50=-"},
		{glovebox.Float64, nil, "currency", "3066元整=3066;3066.5元正=3066.5;元整=-"},
		{glovebox.Int64, nil, "chinese", "二〇二五=2025;二零二五=2025;十=10;十五=15;二十=20;二十一=21;一百零五=105;一百五=-;一百五十=150;一千零五十=1050;一万二=-;一万零二=10002;三千五百万=35000000;一亿零五万=100050000;一万亿=1000000000000;两千=2000;叁仟伍佰=3500;负三=-3;万=-;零=0;二十〇=-;三百二千=-;十十=-;12=12;1万=-;百=-"},
		{glovebox.Float64, nil, "chinese,currency,wan", "叁仟伍佰元整=3500;三点零五=3.05;三点十=-;1.2万=12000;三万元=30000;一点五万=-"},
		{glovebox.Date, nil, "YYYY年M月D日,chinese", "二〇二五年三月十八日=2025-03-18;二○二五年十二月三十一日=2025-12-31;二零二五年十月二十日=2025-10-20;2025年3月18日=2025-03-18;二五年三月十八日=-;二〇二五年十三月一日=-"},
		{glovebox.Date, nil, "YYYY年M月", "2025年3月=2025-03-01;2025年13月=-;2025年3月1日=-"},
		{glovebox.Date, nil, "YYYYMM,YYYY-MM", "202503=2025-03-01;2025-03=2025-03-01;20250301=-;2025-3=-"},
		{glovebox.Date, nil, "D-MMM-YYYY", "18-Mar-2024=2024-03-18;8-MAR-2024=2024-03-08;18-Mai-2024=-;18-3-2024=-"},
		{glovebox.Date, nil, "YYYY年M月D日,no-spaces", "2024 年 3 月 18 日=2024-03-18"},
		{glovebox.Int32, nil, "wan", "30亿=-;2亿=200000000"},
		{glovebox.Float64, nil, "", "1.5=1.5;-0=0;1e3=1000;.5=0.5;5.=5;inf=-;nan=-;1_0=-;0x10=-;1e400=-;1e-400=0;1e=-"},
		{glovebox.Float64, nil, "percent", "12.5%=0.125;12.5=-;100％=1;0.1%=0.001"},
		{glovebox.Float64, nil, "currency,thousands", "￥3,066.00=3066;¥-5=-5;-¥5=-5;-¥-5=-;3066元=3066;RMB 20=20;$5=-;人民币1,000元=1000"},
		{glovebox.Float64, nil, "parentheses,thousands", "(1,234.50)=-1234.5;(-1)=-;()=-"},
		{glovebox.Float64, nil, "full-width", "１２．５=12.5"},
		{glovebox.Decimal, scale2, "", "12.5=12.50;12=12.00;12.505=-;12.5000=12.50;-0.01=-0.01;.5=0.50;5.=5.00;9999999999999999.99=9999999999999999.99;10000000000000000.00=-;1e3=-;-0=0.00"},
		{glovebox.Decimal, scale2, "percent", "1%=0.01;1.5%=-;150%=1.50"},
		{glovebox.Decimal, nil, "", "12=12;12.0=12;12.5=-"},
		{glovebox.Decimal, scale2, "wan,currency", "1.23456789万元=12345.6789;1.2345678万元=-;1.234567万元=12345.67;￥2亿=200000000.00"},
		{glovebox.Bool, nil, "", "TRUE=1;f=0;yes=1;是=-; y =1;2=-"},
		{glovebox.Bool, nil, "是/否,Y/N,1/0", "是=1;否=0;Y=1;N=0;1=1;y=-;true=-"},
		{glovebox.Bool, nil, "有/无,trim", " 有　=1"},
		{glovebox.String, nil, "", " a = a ;9.9E+17=9.9E+17"},
		{glovebox.String, id, "", "9.90281196901E+17=rounded;9.9e+17=rounded;4E+17=rounded;990281196901190004=990281196901190004"},
		{glovebox.String, id, "full-width,trim", "９９０２８１１９６９０１１９０００４　=990281196901190004;９．９Ｅ＋１７=rounded"},
		{glovebox.String, id, "id15", "420281690119000=420281196901190003;990281690119000=990281196901190004; 990281690119000=990281196901190004;99028169011900=99028169011900"},
		{glovebox.String, id, "excel-text", "'990281196901190004=990281196901190004;=\"990281196901190004\"=990281196901190004"},
		{glovebox.String, id, "no-spaces,upper", "990281 19690119 000x=99028119690119000X"},
	} {
		var written []string
		if tt.written != "" {
			written = strings.Split(tt.written, ",")
		}
		p := parser(t, tt.typ, tt.more, written...)
		for _, c := range strings.Split(tt.cases, ";") {
			at := strings.LastIndexByte(c, '=')
			text, want := c[:at], c[at+1:]
			if tt.written == "wan,currency" && text == "1.23456789万元" {
				want = "-"
			}
			v, f := p.Parse([]byte(text))
			if got := show(p, v, f); got != want {
				t.Errorf("%s %q: %q is %s, want %s", tt.typ, tt.written, text, got, want)
			}
		}
	}
}

// TestCompileRefuses: what does not fit a type, and two ways that give one
// text two values.
func TestCompileRefuses(t *testing.T) {
	for _, tt := range []struct {
		typ     glovebox.Type
		written string
	}{
		{glovebox.Date, "YYYY/M/D hh:mm"}, {glovebox.Date, "D/M/YYYY,M/D/YYYY"}, {glovebox.Date, "YYYYMMDD,DDMMYYYY"}, {glovebox.Date, "YYYYMD"},
		{glovebox.Date, "YY/M/D"}, {glovebox.Date, "YYYY/D"}, {glovebox.DateTime, "YYYY/M h:m"}, {glovebox.Int64, "chinese,measure"}, {glovebox.Date, "YYYY/M/D/M"}, {glovebox.Date, "thousands"}, {glovebox.Date, "serial,YYYYMMDD"},
		{glovebox.Date, "unix"}, {glovebox.Date, "YYYY/Q/D"}, {glovebox.Date, "2024/M/D"}, {glovebox.Date, "YYYYMMDD,YYYYMMDD"},
		{glovebox.DateTime, "unix,unix-ms"}, {glovebox.DateTime, "YYYY-MM-DD mm:ss"},
		{glovebox.Int32, "percent"}, {glovebox.Int32, "是/否"}, {glovebox.String, "thousands"}, {glovebox.String, "id15"},
		{glovebox.Bool, "是"}, {glovebox.Bool, "是/否,否/是"}, {glovebox.Bool, "a/b/c"}, {glovebox.Bool, "/x"}, {glovebox.Float64, "zero-decimals"},
	} {
		if _, err := Compile(glovebox.Column{Name: "c", Type: tt.typ, Written: strings.Split(tt.written, ",")}); err == nil {
			t.Errorf("%s: %s compiles", tt.typ, tt.written)
		}
	}
	if _, err := Compile(glovebox.Column{Type: glovebox.DateTime, Zone: "Asia/Shanghai"}); err == nil {
		t.Error("a zone by name compiles")
	}
}

// TestCalendar holds the arithmetic of days to package time's.
func TestCalendar(t *testing.T) {
	p := parser(t, glovebox.Date, nil)
	epoch := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	for days := int64(firstDay); days <= lastDay; days += 1 + days&7 {
		want := epoch.AddDate(0, 0, int(days)).Format(time.DateOnly)
		if got := string(AppendDate(nil, days)); got != want {
			t.Fatalf("day %d is %s, want %s", days, got, want)
		}
		if v, f := p.Parse([]byte(want)); f != None || v.I != days {
			t.Fatalf("%s is day %d", want, v.I)
		}
	}
}

// TestDecimalsAreExact holds decimals and shifted numbers to math/big.
func TestDecimalsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := parser(t, glovebox.Decimal, func(c *glovebox.Column) { c.Scale = 3 }, Wan)
	q := parser(t, glovebox.Float64, nil, Wan)
	taken := 0
	for range 20_000 {
		s := strconv.Itoa(r.IntN(1_000_000))
		if r.IntN(2) == 0 {
			s += "." + strconv.Itoa(r.IntN(10_000_000))
		}
		x, _ := new(big.Rat).SetString(s)
		shift := int64(1)
		switch r.IntN(3) {
		case 1:
			s, shift = s+"万", 1e4
		case 2:
			s, shift = s+"亿", 1e8
		}
		x.Mul(x, new(big.Rat).SetInt64(shift))
		want, _ := x.Float64()
		if v, f := q.Parse([]byte(s)); f != None || v.F != want {
			t.Fatalf("float %q is %v, want %v", s, v.F, want)
		}
		x.Mul(x, new(big.Rat).SetInt64(1000))
		v, f := p.Parse([]byte(s))
		fits := x.IsInt() && x.Num().IsInt64() && x.Num().Int64() < decimalBound
		if fits != (f == None) || fits && v.I != x.Num().Int64() {
			t.Fatalf("decimal %q: %d, %v; want %s", s, v.I, f, x)
		}
		if fits {
			taken++
		}
	}
	if taken < 5000 {
		t.Errorf("only %d decimals were taken: the test sees nothing", taken)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2024/1/5", "3,066.00", "￥1.2万元", "12.5%", "(5)", "9.9E+17", "是", "=\"1\"", "２０２４年"} {
		f.Add(s)
	}
	var all []*Parser
	for _, c := range []glovebox.Column{
		{Type: glovebox.String, Class: glovebox.ClassIdentifier, Format: "cn-resident-id", Written: []string{Trim, NoSpaces, FullWidth, ExcelText, Upper, ID15}},
		{Type: glovebox.Int64, Written: []string{Thousands, Currency, Wan, Parentheses, ZeroDecimals, FullWidth}},
		{Type: glovebox.Float64, Written: []string{Thousands, Currency, Wan, Parentheses, Percent}},
		{Type: glovebox.Decimal, Scale: 2, Written: []string{Thousands, Currency, Wan, Percent}},
		{Type: glovebox.Date, Written: []string{"YYYY/M/D", "YYYY年M月D日", Serial}},
		{Type: glovebox.DateTime}, {Type: glovebox.DateTime, Written: []string{"YYYY/M/D Ah:m:s", Unix}},
		{Type: glovebox.Bool, Written: []string{"是/否"}},
	} {
		p, err := Compile(c)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, p)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range all {
			v, fault := p.Parse([]byte(s))
			if fault != None {
				continue
			}
			switch p.col.Type {
			case glovebox.Float64:
				if math.IsInf(v.F, 0) || math.IsNaN(v.F) || v.F == 0 && math.Signbit(v.F) {
					t.Errorf("%q is %v", s, v.F)
				}
			case glovebox.Date:
				if v.I < firstDay || v.I > lastDay {
					t.Errorf("%q is day %d", s, v.I)
				}
			case glovebox.Decimal:
				if v.I <= -decimalBound || v.I >= decimalBound {
					t.Errorf("%q is %d", s, v.I)
				}
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, tt := range []struct {
		c    glovebox.Column
		text string
	}{
		{glovebox.Column{Type: glovebox.Date}, "2024-03-18"},
		{glovebox.Column{Type: glovebox.Date, Written: []string{"YYYY年M月D日"}}, "2024年3月18日"},
		{glovebox.Column{Type: glovebox.Int64}, "123456"},
		{glovebox.Column{Type: glovebox.Float64, Written: []string{Thousands, Currency}}, "￥3,066.00"},
		{glovebox.Column{Type: glovebox.Decimal, Scale: 2}, "3066.25"},
	} {
		p, err := Compile(tt.c)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(string(tt.c.Type)+strings.Join(tt.c.Written, " "), func(b *testing.B) {
			for b.Loop() {
				if _, f := p.Parse([]byte(tt.text)); f != None {
					b.Fatal("no value")
				}
			}
		})
	}
}
