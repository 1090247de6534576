package sample

import (
	"fmt"
	"time"
)

// MaxUnits is how many different units a seed has.
const MaxUnits = 1_000_000

// region returns a region code of six digits that no place has: regions of
// GB/T 2260 begin with 11 to 82. Four digits are left to tell units apart.
func region(n int) string { return fmt.Sprintf("99%04d", n%10_000) }

// residentID returns the number of unit k (GB 11643-1999): region, day of
// birth, serial number, odd for a man, and the check character of ISO 7064 MOD
// 11-2. Region and serial number alone tell MaxUnits units apart.
func residentID(k int, birth time.Time, male bool) string {
	serial := 2 * (k % 500)
	if male {
		serial++
	}
	s := region(k/500) + birth.Format("20060102") + fmt.Sprintf("%03d", serial)
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return s + string("10X98765432"[sum%11])
}

const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// creditCode returns the code of unit k (GB 32100-2015): an enterprise of the
// market regulator, region, organisation code with its check character (GB
// 11714-1997), check character with weights 3^i mod 31.
func creditCode(k int) string {
	org := fmt.Sprintf("%08d", k)
	sum := 0
	for i, w := range [8]int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(org[i]-'0') * w
	}
	s := "91" + region(k) + org + string("0X987654321"[sum%11])
	sum, weight := 0, 1
	for i := range 17 {
		for v := range len(creditAlphabet) {
			if creditAlphabet[v] == s[i] {
				sum += v * weight
			}
		}
		weight = weight * 3 % 31
	}
	return s + string(creditAlphabet[(31-sum%31)%31])
}

// mobile returns the mobile number of unit k.
func mobile(k int) string { return fmt.Sprintf("142%08d", k) }

var (
	family = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹")
	given  = []rune("伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂香华玉梅建国志文红春")
)

// personName returns a name of two or three characters.
func personName(d dice) string {
	s := string(pick(d, family)) + string(pick(d, given))
	if d.one(4) {
		return s
	}
	return s + string(pick(d, given))
}
