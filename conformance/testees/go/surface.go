package main

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

const sdk = "github.com/net-mesh/go"

// surface tells what the compiled package exports: names, and the values of constants.
func surface() any {
	lookup, err := exportData()
	if err != nil {
		panic(err)
	}
	built, err := importer.ForCompiler(token.NewFileSet(), "gc", lookup).Import(sdk)
	if err != nil {
		panic(err)
	}
	found := map[string]any{}
	for _, name := range built.Scope().Names() {
		if item := built.Scope().Lookup(name); item.Exported() {
			list(found, name, item)
		}
	}
	return map[string]any{"go": found}
}

func list(found map[string]any, name string, item types.Object) {
	found[name] = true
	switch item := item.(type) {
	case *types.Const:
		found[name] = constant.Val(item.Val())
	case *types.Var:
		if value := variable(name); value != nil {
			found[name] = value
		}
	case *types.TypeName:
		// Export data has the fields of a struct, and the methods that its pointer has.
		if fields, ok := item.Type().Underlying().(*types.Struct); ok {
			for field := range fields.Fields() {
				listMember(found, name, field)
			}
		}
		owner := item.Type()
		if !types.IsInterface(owner) {
			owner = types.NewPointer(owner)
		}
		for method := range types.NewMethodSet(owner).Methods() {
			listMember(found, name, method.Obj())
		}
	}
}

func listMember(found map[string]any, owner string, member types.Object) {
	if member.Exported() {
		found[owner+"."+member.Name()] = true
	}
}

// exportData finds what the compiler wrote about each package of this program, which was built with the same settings.
func exportData() (importer.Lookup, error) {
	_, file, _, _ := runtime.Caller(0)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, fmt.Errorf("the testee was built without its settings")
	}
	command := exec.Command("go", "list", "-deps", "-export", "-f", "{{.ImportPath}}={{.Export}}")
	command.Dir, command.Env = filepath.Dir(file), os.Environ()
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "-tags":
			command.Args = append(command.Args, "-tags", setting.Value)
		case strings.HasPrefix(setting.Key, "CGO_"):
			command.Env = append(command.Env, setting.Key+"="+setting.Value)
		}
	}
	command.Args = append(command.Args, sdk)
	var refusal bytes.Buffer
	command.Stderr = &refusal
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, refusal.String())
	}
	files := map[string]string{}
	for line := range strings.Lines(string(text)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }, nil
}
