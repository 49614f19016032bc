//go:build conformance

package net_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	net "github.com/net-mesh/go"
)

// same calls an echo function with each value, and compares what comes back.
func same[T any](t *testing.T, echo func(T) (T, error), values ...T) {
	t.Helper()
	for _, value := range values {
		if got, err := echo(value); err != nil || !reflect.DeepEqual(got, value) {
			t.Errorf("want %v, got %v, %v", value, got, err)
		}
	}
}

// refused checks that a call failed on that argument.
func refused(t *testing.T, err error, argument string) {
	t.Helper()
	var base *net.BaseError
	if !errors.As(err, &base) || base.Kind != net.BaseErrorKindArgument || base.Argument != argument {
		t.Errorf("want an argument error of %s, got %v", argument, err)
	}
}

func TestScalars(t *testing.T) {
	same(t, net.EchoBool, true, false)
	same(t, net.EchoU8, 0, math.MaxUint8)
	same(t, net.EchoU16, 0, math.MaxUint16)
	same(t, net.EchoU32, 0, math.MaxUint32)
	same(t, net.EchoU64, 0, math.MaxUint64)
	same(t, net.EchoI8, math.MinInt8, math.MaxInt8)
	same(t, net.EchoI16, math.MinInt16, math.MaxInt16)
	same(t, net.EchoI32, math.MinInt32, math.MaxInt32)
	same(t, net.EchoI64, math.MinInt64, math.MaxInt64)
	same(t, net.EchoF64, 0, -1.5, math.Inf(1), math.MaxFloat64)
	same(t, net.EchoSize, 0, math.MaxUint64)
	if got, err := net.EchoF64(math.NaN()); err != nil || !math.IsNaN(got) {
		t.Error(got, err)
	}
}

func TestTextsAndBytes(t *testing.T) {
	same(t, net.EchoString, "", "a\x00b", "grüße, 世界", strings.Repeat("x", 1<<20))
	same(t, net.EchoBytes, []byte{}, []byte{0, 255}, bytes.Repeat([]byte{7}, 1<<20))
	if got, err := net.EchoBytes(nil); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if _, err := net.EchoString("a\xffb"); !errors.Is(err, net.ErrBaseArgument) {
		t.Error("want an argument error, got", err)
	}
}

func TestTimes(t *testing.T) {
	same(t, net.EchoDuration, 0, time.Millisecond, 90*time.Minute)
	moment := time.Date(2024, 2, 29, 12, 30, 15, 123456789, time.UTC)
	same(t, net.EchoInstant, time.Unix(0, 0).UTC(), moment, time.Date(2550, 1, 1, 0, 0, 0, 999, time.UTC))
	same(t, net.EchoDate, moment.Truncate(time.Millisecond), time.Date(1907, 5, 1, 0, 0, 0, 0, time.UTC))
	_, err := net.EchoDuration(-1)
	refused(t, err, "value")
	_, err = net.EchoInstant(time.Unix(-1, 0))
	refused(t, err, "value")
	_, err = net.EchoInstant(time.Time{})
	refused(t, err, "value")
	_, err = net.EchoInstant(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC))
	refused(t, err, "value")
}

func TestEnums(t *testing.T) {
	same(t, net.EchoColor, net.ColorRed, net.ColorDarkGreen, net.ColorBlue)
	if got, err := net.EchoColor("green"); err != nil || got != net.ColorDarkGreen {
		t.Error("an older text:", got, err)
	}
	if got, err := net.EchoColor(""); err != nil || got != net.ColorRed {
		t.Error("the default:", got, err)
	}
	_, err := net.EchoColor("pink")
	refused(t, err, "value")
	same(t, net.EchoLevel, net.LevelLow, net.LevelHigh)
	_, err = net.EchoLevel(2)
	refused(t, err, "value")
	if text := net.LevelHigh.String(); text != "high" {
		t.Error(text)
	}
}

func TestFlags(t *testing.T) {
	all := net.AccessRead | net.AccessWrite | net.AccessChangeAll
	same(t, net.EchoAccess, net.AccessRead, all)
	if texts := all.Texts(); !reflect.DeepEqual(texts, []string{"read", "write", "change_all"}) {
		t.Error(texts)
	}
	if net.AccessRead.Has(net.AccessWrite) || all.String() != "read|write|change_all" {
		t.Error(all)
	}
	if _, err := net.EchoAccess(1 << 7); !errors.Is(err, net.ErrBaseArgument) {
		t.Error("an unknown bit:", err)
	}
}

func TestNamedScalars(t *testing.T) {
	same(t, net.EchoNumber, 0, net.EchoID(math.MaxUint64))
	if text := net.EchoID(255).String(); text != "0x00000000000000ff" {
		t.Error(text)
	}
	key, err := net.ParseEchoKey("0102030405060708")
	if err != nil || key.String() != "0102030405060708" {
		t.Error(key, err)
	}
	same(t, net.EchoKeyOf, net.EchoKey{}, key)
	_, err = net.ParseEchoKey("01")
	refused(t, err, "echo_key")
	sum := check[net.EchoSum](t)(net.EchoSumOf("ab", []byte{0x63, 0, 0xff}))
	print := check[net.EchoPrint](t)(net.EchoPrintOf([]byte{0}))
	mark := check[net.EchoMark](t)(net.EchoMarkOf("hello"))
	if sum != 4381587066545409795 || print[0] != 0xf1 || !strings.HasPrefix(mark.String(), "19213bac") {
		t.Error(sum, print, mark)
	}
	seal, err := net.ParseEchoSeal("++++ABEiM0RVZg==")
	if err != nil || seal.String() != "++++ABEiM0RVZg==" {
		t.Error(seal, err)
	}
	same(t, net.EchoSealOf, net.EchoSeal{}, seal)
	for _, wrong := range []string{"++++ABEiM0RVZg", "++++ABEiM0RVZh==", "----ABEiM0RVZg==", "++++\nABEiM0RVZg==", "++++"} {
		_, err = net.ParseEchoSeal(wrong)
		refused(t, err, "echo_seal")
	}
}

func TestOptionals(t *testing.T) {
	if _, found, err := net.EchoOptional(nil, nil, nil); found || err != nil {
		t.Error(found, err)
	}
	label := net.Label{Text: "l", Color: net.ColorBlue}
	got, found, err := net.EchoOptional(net.Ptr[uint64](7), net.Ptr("t"), &label)
	if got != "7/t/l.blue" || !found || err != nil {
		t.Error(got, found, err)
	}
	got, found, err = net.EchoOptional(net.Ptr[uint64](0), net.Ptr(""), nil)
	if got != "0//" || !found || err != nil {
		t.Error("zero and empty are there:", got, found, err)
	}
	for _, value := range []uint32{0, math.MaxUint32} {
		if got, found, err := net.EchoMaybe(&value); got != value || !found || err != nil {
			t.Error(got, found, err)
		}
	}
	if _, found, err := net.EchoMaybe(nil); found || err != nil {
		t.Error(found, err)
	}
}

func TestLists(t *testing.T) {
	same(t, net.EchoList, []uint32{}, []uint32{1, 0, math.MaxUint32})
	same(t, net.EchoStrings, []string{}, []string{"", "a", "ß"})
	same(t, net.EchoChunks, [][]byte{}, [][]byte{{}, {1, 2}})
	same(t, net.EchoMap, map[string]int64{}, map[string]int64{"": -1, "b": math.MinInt64, "a": 1})
	if sum, err := net.SumAll(1); sum != 1 || err != nil {
		t.Error(sum, err)
	}
	if sum, err := net.SumAll(1, 2, -5); sum != -2 || err != nil {
		t.Error(sum, err)
	}
	if _, err := net.EchoList(make([]uint32, net.EchoLimit+1)); !errors.Is(err, net.ErrBaseArgument) && !errors.Is(err, net.ErrEchoTooLarge) {
		t.Error(err)
	}
}

func everything() net.Everything {
	label := net.Label{Text: "a", Color: net.ColorDarkGreen}
	return net.Everything{
		Text: "text",
		Data: []byte{1, 2},
		Scalars: net.Scalars{
			Truth: true, Tiny: 255, Small: 1, Medium: 2, Large: math.MaxUint64,
			Itiny: -128, Ismall: -2, Imedium: -3, Ilarge: math.MinInt64, Real: 0.25,
			Span: time.Minute, Moment: time.Unix(1, 2).UTC(), Day: time.UnixMilli(-5).UTC(), WeightBytes: 9,
			ID: 7, Key: net.EchoKey{1}, Fixed: [4]byte{9, 8, 7, 6},
			Color: net.ColorBlue, Level: net.LevelLow, Access: net.AccessWrite,
		},
		Maybe:    net.Ptr[uint64](0),
		MaybeRec: &label,
		Numbers:  []uint32{3, 2, 1},
		Labels:   []net.Label{label, {Text: "", Color: net.ColorRed}},
		Chunks:   [][]byte{{}, {0}},
		Table:    map[string]int64{"x": -1},
		Nested:   map[string][]net.Label{"n": {label}, "none": {}},
		Shape:    net.ShapeNamed{Text: "s", Color: net.ColorRed},
		Shapes:   []net.Shape{net.ShapeEmpty{}, net.ShapeCircle{Radius: 1.5}},
		Tree:     net.TreeOfBranch(net.TreeOfLeaf(1), net.TreeOfBranch(net.TreeOfLeaf(-2))),
	}
}

func TestRecords(t *testing.T) {
	same(t, net.EchoEverything, everything())
	wrong := everything()
	wrong.Scalars.Span = -1
	_, err := net.EchoEverything(wrong)
	refused(t, err, "Span")
	wrong = everything()
	wrong.Shape = nil
	_, err = net.EchoEverything(wrong)
	refused(t, err, "Shape")
}

func TestDefaults(t *testing.T) {
	want := *net.NewEchoOptions()
	want.Tags = []string{}
	for _, options := range []*net.EchoOptions{nil, {}, net.NewEchoOptions()} {
		if got, err := net.EchoWithOptions(options); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	given := net.EchoOptions{
		Count: 100, Ratio: net.Ptr(0.0), Loud: net.Ptr(false), Name: net.Ptr(""), Color: net.ColorRed,
		Access: net.AccessWrite, Pause: net.Ptr(time.Duration(0)), LimitBytes: net.Ptr[uint64](0),
		Tags: []string{"a", "b"}, From: net.Ptr("me"), Type: net.Ptr("t"),
	}
	if got, err := net.EchoWithOptions(&given); err != nil || !reflect.DeepEqual(got, given) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := net.EchoWithOptions(&net.EchoOptions{Count: 101}); !errors.Is(err, net.ErrBaseArgument) {
		t.Error("out of range:", err)
	}
	var settings net.EchoSettings = given
	if settings.Count != 100 {
		t.Error("an alias is the same type")
	}
}

func TestUnions(t *testing.T) {
	same[net.Shape](t, net.EchoShape, net.ShapeEmpty{}, net.ShapeCircle{Radius: 2}, net.ShapeNamed{Text: "n", Color: net.ColorBlue})
	got, err := net.EchoShape(net.ShapeRectangle{Width: 3})
	if rectangle, ok := got.(net.ShapeRectangle); err != nil || !ok || rectangle.Width != 3 || *rectangle.Height != 1 {
		t.Error(got, err)
	}
	_, err = net.EchoShape(nil)
	refused(t, err, "value")
	same[net.Tree](t, net.EchoTree, net.TreeOfLeaf(math.MinInt64), everything().Tree)
	deep := net.TreeOfLeaf(1)
	for range 15 {
		deep = net.TreeOfBranch(deep)
	}
	same[net.Tree](t, net.EchoTree, deep)
	_, err = net.EchoTree(net.TreeOfBranch(deep))
	refused(t, err, "Children")
}

func TestClassesAndViews(t *testing.T) {
	same(t, net.EchoPair, net.NewVersionPair(math.MaxUint64, 2))
	page, err := net.EchoPageOf(`{"n":[1,2]}`)
	if err != nil || string(page.RawBytes()) != page.Raw {
		t.Fatal(page, err)
	}
	var value struct{ N []int }
	if err := page.Parse(&value); err != nil || !reflect.DeepEqual(value.N, []int{1, 2}) {
		t.Error(value, err)
	}
	page.Raw = "{"
	if err := page.Parse(&value); !errors.Is(err, net.ErrBaseCodecDecode) {
		t.Error(err)
	}
}

func TestMethodsOfRecords(t *testing.T) {
	pair, last := net.NewVersionPair(4, 0), net.NewVersionPair(5, 0)
	if before, err := pair.IsBefore(last); err != nil || !before {
		t.Error(before, err)
	}
	if before, err := last.Precedes(pair); err != nil || before {
		t.Error(before, err)
	}
	if text, err := pair.Text("::"); err != nil || text != "4::0" {
		t.Error(text, err)
	}
	if text, err := pair.Shown(); text != "4.0" || err != nil || fmt.Sprint(pair) != "4.0" {
		t.Error(text, err, pair)
	}
	if first, err := (net.VersionPair{}).IsFirst(); err != nil || !first {
		t.Error(first, err)
	}
	if parsed, err := net.VersionPairParse("7.8"); err != nil || parsed != net.NewVersionPair(7, 8) {
		t.Error(parsed, err)
	}
	if _, err := net.VersionPairParse("7"); !errors.Is(err, net.ErrEchoOdd) {
		t.Error(err)
	}
	options := net.EchoOptions{Tags: []string{"a"}}
	if has, err := options.HasTag("a"); err != nil || !has {
		t.Error(has, err)
	}
	options.Count = 101
	_, err := options.HasTag("a")
	refused(t, err, "Count")
}

func TestRecordsOfNumbers(t *testing.T) {
	gauge := net.Gauge{
		Truth: true, Tiny: 255, Small: math.MaxUint16, Medium: math.MaxUint32, Large: math.MaxUint64,
		Itiny: -128, Ismall: math.MinInt16, Imedium: math.MinInt32, Range: math.MinInt64, Real: 0.25,
		Span: time.Minute, Moment: time.Unix(1, 2).UTC(), Day: time.UnixMilli(-5).UTC(), WeightBytes: 9, ID: 7,
		Color: net.ColorBlue, Level: net.LevelHigh, Access: net.AccessWrite,
	}
	same(t, net.EchoGauge, gauge)
	if got, found, err := net.EchoGaugeMaybe(&gauge); got != gauge || !found || err != nil {
		t.Error(got, found, err)
	}
	if _, found, err := net.EchoGaugeMaybe(nil); found || err != nil {
		t.Error(found, err)
	}
}

func TestSpansInListsAndMaps(t *testing.T) {
	pauses, limits := []time.Duration{0, 1500 * time.Millisecond}, map[string]time.Duration{"day": 24 * time.Hour}
	same(t, net.EchoPauses, pauses)
	same(t, net.EchoLimits, limits)
	same(t, net.EchoTimetable, net.Timetable{Pauses: pauses, Limits: limits})
}

func TestFunctionsWithSeveralSignatures(t *testing.T) {
	if text, err := net.Doubled("ab"); text != "abab" || err != nil {
		t.Error(text, err)
	}
	if number, err := net.DoubledNumber(4); number != 8 || err != nil {
		t.Error(number, err)
	}
}

func TestCallsThatDoNothing(t *testing.T) {
	floor, data, key := check[*net.Floor](t)(net.NewFloor()), []byte("x"), net.Ptr("k")
	defer floor.Close()
	calls := []func() (bool, error){
		floor.Nothing,
		func() (bool, error) { return floor.Text("a") },
		func() (bool, error) { return floor.Data(data) },
		func() (bool, error) { return floor.DataKey(data, key) },
		func() (bool, error) { return floor.DataHash(data, 1) },
		func() (bool, error) { return net.FloorSigned(data, data, data) },
	}
	for i, call := range calls {
		if done, err := call(); !done || err != nil {
			t.Error(i, done, err)
		}
	}
	marks := []net.Mark{check[net.Mark](t)(floor.TextKey("a", nil)), check[net.Mark](t)(floor.ValueKey(1, key))}
	if !reflect.DeepEqual(marks, make([]net.Mark, 2)) {
		t.Error(marks)
	}
	texts, chunks := check[uint32](t)(floor.TextsKey([]string{"a", "b"}, nil)), check[uint32](t)(floor.ChunksKey([][]byte{data}, key))
	if texts != 2 || chunks != 1 {
		t.Error(texts, chunks)
	}
}

func TestRangesWithinRanges(t *testing.T) {
	small := net.EchoStyle{Size: 0}
	_, err := net.EchoWithSetup(&net.EchoSetup{Style: &small})
	refused(t, err, "Size")
	_, err = net.EchoWithSetup(&net.EchoSetup{More: []net.EchoStyle{{Size: 1}, small}})
	refused(t, err, "Size")
}

func TestAnObjectIsHeldWhileAFunctionRuns(t *testing.T) {
	ctx, lost := t.Context(), errors.New("lost")
	door := check[*net.EchoDoor](t)(net.NewEchoDoor())
	inside := check[uint32](t)(net.EchoDoorThrough(door, ctx, func(context.Context, *net.EchoPass) (uint32, error) {
		return door.Inside()
	}))
	_, err := net.EchoDoorThroughLater(door, ctx, func(context.Context, *net.EchoVisit) (int, error) { return 0, lost })
	if inside != 1 || err != lost || check[string](t)(door.Tally()) != "1/1" {
		t.Error(inside, err)
	}
	func() {
		defer func() {
			if recover() != lost || check[uint32](t)(door.Inside()) != 0 || check[string](t)(door.Tally()) != "1/2" {
				t.Error("a panic goes on, and counts as a failure")
			}
		}()
		_, _ = net.EchoDoorThrough(door, ctx, func(context.Context, *net.EchoPass) (int, error) { panic(lost) })
	}()
	// What is left already does not hide what the function answers with; where that is fine, it is the answer.
	_, err = net.EchoDoorThroughLater(door, ctx, func(ctx context.Context, held *net.EchoVisit) (int, error) {
		return 0, held.Leave(ctx, true)
	})
	if !errors.Is(err, net.ErrEchoOdd) {
		t.Error(err)
	}
	_, err = net.EchoDoorThroughLater(door, ctx, func(ctx context.Context, held *net.EchoVisit) (int, error) {
		return 0, errors.Join(held.Leave(ctx, true), lost)
	})
	if !errors.Is(err, lost) || errors.Is(err, net.ErrEchoOdd) {
		t.Error(err)
	}
	for range 2 {
		check[*net.EchoPass](t)(door.Enter())
	}
	visit := check[*net.EchoVisit](t)(door.EnterLater(ctx))
	_, err = net.EchoDoorThrough(door, ctx, func(context.Context, *net.EchoPass) (int, error) { panic("nobody is let in") })
	if !errors.Is(err, net.ErrEchoBusy) {
		t.Error(err)
	}
	if err := visit.Close(); err != nil || check[uint32](t)(door.Inside()) != 2 {
		t.Error(err)
	}
}

func TestWhatABuildLeavesOut(t *testing.T) {
	same(t, net.EchoHook, 7)
	_, err := net.EchoLeftOut(1, "a")
	var own *net.EchoError
	if !errors.Is(err, net.ErrEchoUnsupported) || !errors.As(err, &own) || own.Feature != "left-out" {
		t.Error(err)
	}
	leftOut := func(err error) {
		t.Helper()
		var base *net.BaseError
		if !errors.As(err, &base) || base.Kind != net.BaseErrorKindUnsupported || base.Feature != "left-out" {
			t.Error(err)
		}
	}
	_, err = net.NewEchoAnnex()
	leftOut(err)
	_, err = net.EchoAnnexOpen(t.Context(), "a")
	leftOut(err)
	box := check[*net.EchoBox](t)(net.NewEchoBox("a"))
	_, err = box.Weight()
	leftOut(err)
	_, err = box.Weigh(t.Context(), box)
	leftOut(err)
	extras, err := net.EchoWithExtras(&net.EchoExtras{Size: net.Ptr[uint32](4), Gilded: true})
	if err != nil || *extras.Size != 4 || !extras.Gilded {
		t.Error(extras, err)
	}
	for _, asked := range []net.EchoExtras{
		{Carved: true}, {Plain: net.Ptr(false)}, {Depth: net.Ptr[uint32](3)}, {Motto: net.Ptr("")},
	} {
		_, err = net.EchoWithExtras(&asked)
		leftOut(err)
	}
}

func TestOpenEnums(t *testing.T) {
	same(t, net.EchoReason, net.ReasonDamaged, "unknown:8", "unknown:65535")
	for _, wrong := range []net.Reason{"unknown:65536", "unknown:-1", "unknown:07", "other"} {
		_, err := net.EchoReason(wrong)
		refused(t, err, "value")
	}
	same(t, net.EchoReasons, []net.Reason{net.ReasonNone, "unknown:8"})
	same(t, net.EchoGrade, net.GradeSecond, 200)
	if net.Grade(200).String() != "unknown:200" {
		t.Error(net.Grade(200))
	}
}

func TestFactoriesBehindADot(t *testing.T) {
	want := net.ShapeRectangle{Width: 3, Height: net.Ptr[uint32](4)}
	if made := net.Shapes.Rectangle(3, 4); !reflect.DeepEqual(made, net.Shape(want)) {
		t.Error(made)
	}
	if made := net.Shapes.Empty(); made != net.Shape(net.ShapeEmpty{}) {
		t.Error(made)
	}
}

func TestConstants(t *testing.T) {
	if net.EchoLimit != 4096 || net.EchoGreeting != "hello \"net\"\n" || !reflect.DeepEqual(net.EchoPrimes, []uint32{2, 3, 5, 7}) {
		t.Error(net.EchoLimit, net.EchoGreeting, net.EchoPrimes)
	}
}

func TestJSON(t *testing.T) {
	type reading struct {
		Name  string  `json:"name"`
		Value float64 `json:"value"`
	}
	same(t, net.EchoJSON[reading], reading{"a<b>&c", 1.5})
	same(t, net.EchoJSON[[]int], []int{1, 2})
	same(t, net.EchoJSON[map[string]any], map[string]any{"k": nil})
	if _, err := net.EchoJSON(func() {}); !errors.Is(err, net.ErrBaseCodecEncode) {
		t.Error(err)
	}
	cell, err := net.NewTypedCell[reading]()
	if err != nil {
		t.Fatal(err)
	}
	defer cell.Close()
	if _, found, err := cell.Take(); found || err != nil {
		t.Error(found, err)
	}
	if err := cell.Put(reading{"x", 2}); err != nil {
		t.Fatal(err)
	}
	if got, found, err := cell.Take(); got != (reading{"x", 2}) || !found || err != nil {
		t.Error(got, found, err)
	}
}
