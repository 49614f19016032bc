package net

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"time"
	"unsafe"
)

// reader takes packs apart, and keeps the first thing that is wrong with them.
type reader struct {
	buf []byte
	err error
	// owned says that texts and bytes may stay where they are, since nobody else has the pack.
	owned bool
}

func (r *reader) fail(reason string) {
	if r.err == nil {
		r.err = &BaseError{Kind: BaseErrorKindCodecDecode, Detail: reason}
	}
	r.buf = nil
}

func (r *reader) take(size uint64) []byte {
	if size > uint64(len(r.buf)) {
		r.fail("a pack ends early")
		return nil
	}
	taken := r.buf[:size]
	r.buf = r.buf[size:]
	return taken
}

func (r *reader) uvarint() uint64 {
	v, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.fail("a pack has a broken number")
		return 0
	}
	r.buf = r.buf[size:]
	return v
}

func (r *reader) bytes() []byte { return r.take(r.uvarint()) }

// record is what remains of a record's fields.
type record struct {
	reader
	left uint64
}

func (r *reader) record() record {
	left := r.uvarint()
	size := r.take(4)
	if size == nil {
		return record{reader: reader{err: r.err}}
	}
	fields := r.take(uint64(binary.LittleEndian.Uint32(size)))
	return record{reader: reader{buf: fields, owned: r.owned}, left: left}
}

// has tells whether one more field is there, and steps behind it.
func (f *record) has() bool {
	if f.left == 0 {
		return false
	}
	f.left--
	return true
}

// close ends the record: fields that are not known are left out.
func (r *reader) close(f *record) {
	if f.err != nil && r.err == nil {
		r.err = f.err
	}
}

func unpackBool(r *reader) bool { return unpackByte[uint8](r) != 0 }

func unpackByte[T ~uint8 | ~int8](r *reader) (v T) {
	if b := r.take(1); b != nil {
		v = T(b[0])
	}
	return v
}

func unpackUint[T ~uint8 | ~uint16 | ~uint32 | ~uint64](r *reader) T {
	v := r.uvarint()
	if uint64(T(v)) != v {
		r.fail("a number of a pack is out of range")
	}
	return T(v)
}

func unpackInt[T ~int16 | ~int32 | ~int64](r *reader) T {
	bits := r.uvarint()
	v := int64(bits>>1) ^ -int64(bits&1)
	if int64(T(v)) != v {
		r.fail("a number of a pack is out of range")
	}
	return T(v)
}

func unpackFloat(r *reader) (v float64) {
	if b := r.take(8); b != nil {
		v = math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return v
}

func unpackText[T ~string](r *reader) T {
	text := r.bytes()
	if r.owned {
		return T(unsafe.String(unsafe.SliceData(text), len(text)))
	}
	return T(text)
}

func unpackBytes[T ~[]byte](r *reader) T {
	bytes := r.bytes()
	if r.owned && len(bytes) > 0 {
		return T(bytes[:len(bytes):len(bytes)])
	}
	return append(T{}, bytes...)
}

func unpackArray[T any](r *reader) (v T) {
	copy(arrayBytes(&v), r.take(uint64(unsafe.Sizeof(v))))
	return v
}

func unpackDuration(unit time.Duration) func(*reader) time.Duration {
	return func(r *reader) time.Duration { return durationOf(r.uvarint(), unit) }
}

func unpackInstant(unit time.Duration) func(*reader) time.Time {
	return func(r *reader) time.Time { return instantOf(r.uvarint(), unit) }
}

func unpackDate(r *reader) time.Time { return time.UnixMilli(unpackInt[int64](r)).UTC() }

func unpackJSON[T any](r *reader) (v T) {
	if err := decodeJSON(r.bytes(), &v); err != nil && r.err == nil {
		r.err = err
	}
	return v
}

func unpackError(r *reader) error {
	family, kind := unpackUint[uint16](r), unpackUint[uint16](r)
	unpackBool(r)
	message, detail := unpackText[string](r), ""
	if unpackBool(r) {
		detail = unpackText[string](r)
	}
	return decodeError(family, kind, message, detail, r)
}

func unpackList[T any](unpack func(*reader) T) func(*reader) []T {
	return func(r *reader) []T {
		count := r.uvarint()
		list := make([]T, 0, min(count, uint64(len(r.buf))))
		for ; count > 0 && r.err == nil; count-- {
			list = append(list, unpack(r))
		}
		return list
	}
}

func unpackMap[T any](unpack func(*reader) T) func(*reader) map[string]T {
	return func(r *reader) map[string]T {
		count := r.uvarint()
		values := make(map[string]T, min(count, uint64(len(r.buf))))
		for ; count > 0 && r.err == nil; count-- {
			key := unpackText[string](r)
			values[key] = unpack(r)
		}
		return values
	}
}

func unpackOptional[T any](unpack func(*reader) T) func(*reader) *T {
	return func(r *reader) (v *T) {
		if unpackBool(r) {
			there := unpack(r)
			v = &there
		}
		return v
	}
}

// unpackOr gives the zero value for none.
func unpackOr[T any](unpack func(*reader) T) func(*reader) T {
	return func(r *reader) (v T) {
		if unpackBool(r) {
			v = unpack(r)
		}
		return v
	}
}

// durationOf is the longest duration there is for a longer span.
func durationOf(count uint64, unit time.Duration) time.Duration {
	return time.Duration(min(count, math.MaxInt64/uint64(unit))) * unit
}

func instantOf(count uint64, unit time.Duration) time.Time {
	scale := uint64(time.Second / unit)
	return time.Unix(int64(count/scale), int64(count%scale)*int64(unit)).UTC()
}

func decodeJSON(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return &BaseError{Kind: BaseErrorKindCodecDecode, Detail: err.Error()}
	}
	return nil
}
