// Package outside is what glovebox-verify does: it checks what left a domain, or
// was copied from it, on a machine that has neither the domain nor this product.
//
// What it promises: bundle, log, kept documents, acts and reports are held to the
// domain's public key and to one another with the checkers of audit/verify,
// exporter/bundle and internal/evidence, and nothing is read but the files named.
// What it does not promise: that result.parquet has the rows of the other two
// forms of a result where the build has no reader of Parquet; its digest is
// signed all the same.
package outside

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/report"
	"glovebox.example/glovebox/internal/words"
	"glovebox.example/glovebox/text"
)

const usage = `glovebox-verify checks what a Glovebox domain gave out. It needs no network.
glovebox-verify 离线核验由 Glovebox 域提供的内容。

  glovebox-verify bundle FOLDER [--key KEY]
        a release bundle
        发布包
  glovebox-verify log FOLDER [--key KEY] [--remembered FILE [--witness KEY]]
        a log, or the copy that "glovebox audit copy" wrote, with its documents
        日志，或 glovebox audit copy 写出的副本及其留存文档
  glovebox-verify proofs FILE [--key KEY]
        the entries behind an answer, as --proofs of "glovebox audit" wrote them
        答复所依据的条目，即 glovebox audit 的 --proofs 所写文件
  glovebox-verify report FILE --evidence FOLDER [--key KEY]
        a report, made again from such a copy
        报表：由上述副本重新生成并比较

KEY is the domain's public key, or a file that holds it (with --history the keys
before it, too), from elsewhere than what is checked. Without it the key found there is used, which proves only that one
hand made all of it. --remembered is a checkpoint kept from earlier days; with --witness a witness of that key must have cosigned it.
KEY 为域公钥或存有公钥的文件，须从被核验内容以外取得。
--remembered 为以往保存的检查点；加 --witness 则须由该公钥的见证方联署。

Exit status 退出码: 0 verified 通过, 2 not verified 未通过
`

// maxKeys bounds a file with a domain's public key and its history, in bytes.
const maxKeys = 1 << 20

// maxReport bounds a report that is read, in bytes.
const maxReport = 256 << 20

// Main runs one command line and returns its exit status.
func Main(args []string, lang glovebox.Lang, out, errs io.Writer) int {
	w := &checking{lang: lang, out: text.NewWriter(out, false)}
	err := w.run(context.Background(), args)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errUsage) {
		fmt.Fprintln(w.out, w.t("NOT verified", "核验失败"))
		fmt.Fprintln(text.NewWriter(errs, false), "glovebox-verify: "+words.Error(lang, err))
	} else {
		fmt.Fprint(errs, usage)
	}
	return 2
}

// LangOf is the language of a locale, such as zh_CN.UTF-8.
func LangOf(locale string) glovebox.Lang {
	if strings.HasPrefix(locale, "zh") {
		return glovebox.Chinese
	}
	return glovebox.English
}

var errUsage = errors.New("usage")

// checking is one command line.
type checking struct {
	lang                    glovebox.Lang
	out                     io.Writer
	key, copied, remembered string
	witness                 string
}

func (w *checking) t(en, zh string) string { return glovebox.Text{EN: en, ZH: zh}.In(w.lang) }

func (w *checking) say(en, zh string, a ...any) { fmt.Fprintf(w.out, w.t(en, zh)+"\n", a...) }

func (w *checking) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&w.key, "key", "", "")
	f.StringVar(&w.copied, "evidence", "", "")
	f.StringVar(&w.remembered, "remembered", "", "")
	f.StringVar(&w.witness, "witness", "", "")
	var what []string
	for rest := args[1:]; len(rest) > 0; { // flags may stand behind what is checked
		if err := f.Parse(rest); err != nil {
			return errUsage
		}
		if rest = f.Args(); len(rest) > 0 {
			what, rest = append(what, rest[0]), rest[1:]
		}
	}
	if len(what) != 1 || w.witness != "" && w.remembered == "" {
		return errUsage
	}
	switch args[0] {
	case "bundle":
		return w.bundle(ctx, what[0])
	case "log":
		return w.log(ctx, what[0])
	case "proofs":
		return w.proofs(what[0])
	case "report":
		if w.copied == "" {
			return errUsage
		}
		return w.report(ctx, what[0])
	}
	return errUsage
}

// trusted is the key to check against: the one given, or the one found beside
// what is checked.
func (w *checking) trusted(beside string) (string, error) {
	from := w.key
	switch {
	case from == "":
		w.say("no --key: the key found there is used, so this proves only that one hand made all of it", "未给 --key：使用所附的公钥，只能证明全部出自同一持有者")
		from = beside
	case strings.Count(from, "+") >= 2 && !exists(from):
		return from, nil
	}
	b, err := read(from, maxKeys)
	return strings.TrimSpace(string(b)), err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// read reads a regular file of at most so many bytes.
func read(path string, most int64) ([]byte, error) {
	bad := (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the file cannot be read"}).WithFix("check the path and its owner")
	f, err := os.Open(path)
	if err != nil {
		return nil, bad
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() || st.Size() > most {
		return nil, bad
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil || int64(len(b)) > most {
		return nil, bad
	}
	return b, nil
}

func (w *checking) bundle(ctx context.Context, dir string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the bundle cannot be read"}).WithFix("check the path and its owner")
	}
	key, err := w.trusted(filepath.Join(real, bundle.KeyFile))
	if err != nil {
		return err
	}
	if w.key == "" {
		key = ""
	}
	r, err := evidence.CheckBundle(ctx, os.DirFS(real), key, filepath.Base(real))
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return err
	}
	w.say("verified: release %s of domain %s, entry %d of its log, key %s", "核验通过：域 %[2]s 的发布 %[1]s，日志条目 %[3]d，密钥 %[4]s", r.Release, r.Domain, r.Index, r.Fingerprint)
	if !bundle.DecodesParquet {
		w.say("result.parquet is held to its signed digest; its rows were not read", "result.parquet 只按其已签名的摘要核对，未读取其中各行")
	}
	return nil
}

// report checks the log of a copy, and makes the report again from it.
func (w *checking) report(ctx context.Context, name string) error {
	data, err := read(name, maxReport)
	if err != nil {
		return err
	}
	if err := w.log(ctx, w.copied); err != nil {
		return err
	}
	key := w.key
	if key == "" {
		key = filepath.Join(w.copied, "key.pub")
	}
	if exists(key) {
		b, err := read(key, maxKeys)
		if err != nil {
			return err
		}
		key = strings.TrimSpace(string(b))
	}
	o, err := report.Verify(ctx, evidence.Folder{Dir: w.copied, Key: key}, data)
	if err != nil {
		return err
	}
	w.say("verified: log and documents make this report, of %d entries", "核验通过：日志与文档可生成此报表，依据 %d 个条目", o.Entries)
	return nil
}

// proofs checks the entries behind an answer. Without a key it takes the one that
// the file names.
func (w *checking) proofs(name string) error {
	data, err := read(name, maxReport)
	if err != nil {
		return err
	}
	key := w.key
	if key == "" {
		var p evidence.Proofs
		if err := json.Unmarshal(data, &p); err != nil {
			return (&glovebox.Error{Code: glovebox.CodeInvalid, File: name, Msg: "the file does not hold proofs of entries"}).WithFix("give the file as --proofs wrote it")
		}
		w.say("no --key: the key found there is used, so this proves only that one hand made all of it", "未给 --key：使用所附的公钥，只能证明全部出自同一持有者")
		key = p.Key
	} else if key, err = w.trusted(""); err != nil {
		return err
	}
	all, err := evidence.CheckProofs(data, key)
	if err != nil {
		return glovebox.InFile(err, name)
	}
	w.say("verified: %d entries are in the log", "核验通过：%d 个条目在日志中", len(all))
	return nil
}
