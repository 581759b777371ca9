package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// readFiles parses all Go files below a folder and gives them to use with their paths. It
// reads files of all platforms, and the folders testdata too. What stands in another
// module, or was built or installed, is left out.
func readFiles(root string, mode parser.Mode, use func(name string, file *ast.File)) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && skipped(name):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			return err
		}
		use(name, file)
		return nil
	})
}

func skipped(folder string) bool {
	if base := filepath.Base(folder); strings.HasPrefix(base, ".") || base == "node_modules" || base == "build" || base == "cdk.out" {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// readPackages returns the packages of the module at root, sorted by path.
func readPackages(root string) ([]Package, error) {
	byPath := map[string]*Package{}
	err := readFiles(root, parser.ImportsOnly, func(name string, file *ast.File) {
		folder, _ := filepath.Rel(root, filepath.Dir(name))
		p := byPath[folder]
		if p == nil {
			p = &Package{Path: filepath.ToSlash(folder)}
			byPath[folder] = p
		}
		imports := &p.Imports
		if strings.HasSuffix(name, "_test.go") {
			imports = &p.Tests
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
			imported = strings.TrimPrefix(path.Clean(imported), Module)
			if !slices.Contains(*imports, imported) {
				*imports = append(*imports, imported)
			}
		}
	})
	var packages []Package
	for _, p := range byPath {
		packages = append(packages, *p)
	}
	slices.SortFunc(packages, func(a, b Package) int { return strings.Compare(a.Path, b.Path) })
	return packages, err
}
