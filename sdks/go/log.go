package net

import (
	"context"
	"log/slog"
	"maps"
	"slices"
)

// LevelTrace is the level of [LogLevelTrace] in log/slog.
const LevelTrace = slog.LevelDebug - 4

// NewLogSink hands the library's log to log/slog, for [SetLogger]. A record's target is its attribute `target`.
func NewLogSink(handler slog.Handler) LogSink {
	return LogSinkFunc(func(r LogRecord) error {
		ctx, level := context.Background(), slogLevel(r.Level)
		if !handler.Enabled(ctx, level) {
			return nil
		}
		record := slog.NewRecord(r.At, level, r.Message, 0)
		record.AddAttrs(slog.String("target", r.Target))
		for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
			record.AddAttrs(slog.String(name, r.Fields[name]))
		}
		return handler.Handle(ctx, record)
	})
}

func slogLevel(level LogLevel) slog.Level {
	switch level {
	case LogLevelError:
		return slog.LevelError
	case LogLevelWarn:
		return slog.LevelWarn
	case LogLevelInfo:
		return slog.LevelInfo
	case LogLevelDebug:
		return slog.LevelDebug
	default:
		return LevelTrace
	}
}
