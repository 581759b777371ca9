package confab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/table"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
	"github.com/confab-chat/confab/shared/wait"
)

var (
	// ErrNotFound means that a table has no item with a key.
	ErrNotFound = errors.New("confab: there is no such item")
	// ErrExists means that a table has an item with a key already.
	ErrExists = errors.New("confab: there is such an item already")
	// ErrConflict means that others kept changing an item while it was to be updated.
	ErrConflict = errors.New("confab: the item is changed by others at the same time")
)

// Key names the fields of T, by their names as JSON, that are the key of a table's items: strings, whole
// numbers or bytes. Items with the same Partition are together, in the order of Sort, which may be empty.
type Key struct{ Partition, Sort string }

// Table is a table of DynamoDB with items of type T. Its fields have their names as JSON, and may have the
// options of a tag "dynamodbav". A table is safe for concurrent use.
type Table[T any] struct {
	app      *App
	declared *project.Table
}

// TableOption configures a table.
type TableOption func(*project.Table)

// Use says where a table is used, so that no other function may: the default is everywhere.
func Use(where ...Where) TableOption {
	return func(t *project.Table) {
		for name := range t.Actions {
			if !slices.ContainsFunc(where, func(w Where) bool { return w.matches(name) }) {
				delete(t.Actions, name)
			}
		}
	}
}

// Allow lets the functions do more with a table than the methods of Table do, as "UpdateItem", for calls by
// Client.
func Allow(actions ...string) TableOption {
	return func(t *project.Table) {
		for name, allowed := range t.Actions {
			t.Actions[name] = slices.Compact(slices.Sorted(slices.Values(slices.Concat(allowed, actions))))
		}
	}
}

// Only lets the functions do nothing else with a table than these actions of DynamoDB, as "PutItem" and "Query".
func Only(actions ...string) TableOption {
	return func(t *project.Table) {
		for name := range t.Actions {
			t.Actions[name] = slices.Sorted(slices.Values(actions))
		}
	}
}

// Only is [Only] for a place: InRoutes.Only("Query"). The function of InEvents runs handlers of disconnects too, so
// what these do stands there as well.
func (w Where) Only(actions ...string) TableOption {
	return func(t *project.Table) {
		for name := range t.Actions {
			if w.matches(name) && (w == InEvents || name != names.Message) {
				t.Actions[name] = slices.Sorted(slices.Values(actions))
			}
		}
	}
}

// Expire says in which field an item has the second since 1970 at which it expires. An expired item is not found
// any more, and DynamoDB deletes it within days. Zero: it never expires.
func Expire(field string) TableOption {
	return func(t *project.Table) { t.TTL = field }
}

// Where is a place in which an application uses what it has.
type Where string

const (
	// InEvents are the handlers of events and connections.
	InEvents Where = "events"
	// InEndings are the handlers of disconnects, and those of the sweep.
	InEndings Where = "endings"
	// InRoutes are the handlers of the HTTP API.
	InRoutes Where = "routes"
	// InSchedules is the work of schedules.
	InSchedules Where = "schedules"
)

func (w Where) matches(function string) bool {
	switch w {
	case InEvents:
		return function == names.Message
	case InEndings: // each function that may end a socket runs its handlers
		return slices.Contains([]string{names.Message, names.Disconnect, names.Fanout, names.Sweep}, function)
	case InRoutes:
		return function == names.API
	case InSchedules:
		return strings.HasPrefix(function, project.SchedulePrefix)
	}
	return false
}

// methodActions are what the methods of Table do.
var methodActions = []string{"DeleteItem", "GetItem", "PutItem", "Query"}

// versionAttribute changes with each write, so that Update knows whether it is the only one.
const versionAttribute = "confab:version"

// NewTable declares a table, and returns it for handlers to use.
func NewTable[T any](app *App, name string, key Key, options ...TableOption) *Table[T] {
	t := &Table[T]{app, &project.Table{Name: name, Actions: map[string][]string{}}}
	for _, function := range []string{names.Message, names.Disconnect, names.Fanout, names.Sweep, names.API, project.SchedulePrefix} {
		t.declared.Actions[function] = methodActions
	}
	app.addTable(t.declared, reflect.TypeFor[T](), key, options)
	return t
}

func (a *App) addTable(t *project.Table, item reflect.Type, key Key, options []TableOption) {
	if !resourceName.MatchString(t.Name) {
		a.fail("table %q: its name must have 2 to 32 of a-z, 0-9 and \"-\"", t.Name)
	}
	if slices.ContainsFunc(a.project.Tables, func(other *project.Table) bool { return other.Name == t.Name }) {
		a.fail("table %q: there is another one of this name", t.Name)
	}
	var err error
	if t.Partition, err = keyAttribute(item, key.Partition); err != nil {
		a.fail("table %q: %w", t.Name, err)
	}
	if key.Sort != "" {
		sort, err := keyAttribute(item, key.Sort)
		if err != nil {
			a.fail("table %q: %w", t.Name, err)
		}
		t.Sort = &sort
	}
	for _, set := range options {
		set(t)
	}
	if t.TTL != "" {
		if at, err := keyAttribute(item, t.TTL); err != nil || at.Type != "N" {
			a.fail("table %q: %s has no whole number with the name %q as JSON, at which items could expire", t.Name, item, t.TTL)
		}
	}
	a.project.Tables = append(a.project.Tables, t)
}

// keyAttribute is the attribute that a field becomes.
func keyAttribute(item reflect.Type, name string) (project.Attribute, error) {
	if item.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(item) {
			if as, _, _ := strings.Cut(f.Tag.Get("json"), ","); as != name || as == "" {
				continue
			}
			switch k := f.Type.Kind(); {
			case k == reflect.String:
				return project.Attribute{Name: name, Type: "S"}, nil
			case k >= reflect.Int && k <= reflect.Uint64:
				return project.Attribute{Name: name, Type: "N"}, nil
			case k == reflect.Slice && f.Type.Elem().Kind() == reflect.Uint8:
				return project.Attribute{Name: name, Type: "B"}, nil
			}
			return project.Attribute{}, fmt.Errorf("the field %q of %s must be a string, a whole number or bytes to be in a key", name, item)
		}
	}
	return project.Attribute{}, fmt.Errorf("%s has no field with the name %q as JSON", item, name)
}

// Client returns a client of the table's database, for what the methods of Table do not do. The application
// must Allow it.
func (t *Table[T]) Client() *dynamodb.Client { return t.app.database() }

// Name returns the table's name in its database.
func (t *Table[T]) Name() string {
	if name := t.app.environment.Getenv(project.TableVariable(t.declared.Name)); name != "" {
		return name
	}
	return t.declared.Name
}

// Put writes an item, whether there is one with its key or not.
func (t *Table[T]) Put(ctx context.Context, item T) error {
	_, err := t.put(ctx, item, condition{})
	return err
}

// Insert writes an item, unless there is one with its key: ErrExists. A repetition of a request whose answer
// was lost may find its own item.
func (t *Table[T]) Insert(ctx context.Context, item T) error {
	none := condition{expression: "attribute_not_exists(#key)", names: map[string]string{"#key": t.declared.Partition.Name}}
	written, err := t.put(ctx, item, none)
	if err == nil && !written {
		err = t.about(ErrExists)
	}
	return err
}

// condition must hold for a write. The zero value always does.
type condition struct {
	expression string
	names      map[string]string
	values     map[string]types.AttributeValue
}

// put writes an item with a new version, and reports whether the condition held.
func (t *Table[T]) put(ctx context.Context, item T, c condition) (written bool, err error) {
	encoded, err := encode(item)
	if err != nil {
		return false, t.about(err)
	}
	encoded[versionAttribute] = &types.AttributeValueMemberS{Value: rand.Text()}
	in := &dynamodb.PutItemInput{
		TableName: aws.String(t.Name()), Item: encoded, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
	}
	if c.expression != "" {
		in.ConditionExpression = &c.expression
	}
	var refused *types.ConditionalCheckFailedException
	if _, err = t.Client().PutItem(ctx, in); errors.As(err, &refused) {
		return false, nil
	}
	return err == nil, t.about(err)
}

// Get returns the item with a key: the value of its partition and, if the key has one, of its sort field. It sees
// every write that has returned. ErrNotFound: there is none.
func (t *Table[T]) Get(ctx context.Context, key ...any) (item T, err error) {
	item, _, err = t.get(ctx, key)
	return item, err
}

func (t *Table[T]) get(ctx context.Context, key []any) (item T, version types.AttributeValue, err error) {
	encoded, err := t.key(key)
	if err != nil {
		return item, nil, err
	}
	out, err := t.Client().GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(t.Name()), Key: encoded, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return item, nil, t.about(err)
	}
	if out.Item == nil || t.expired(out.Item) {
		return item, nil, t.about(ErrNotFound)
	}
	return item, out.Item[versionAttribute], t.about(decode(out.Item, &item))
}

// Delete deletes the item with a key, if there is one.
func (t *Table[T]) Delete(ctx context.Context, key ...any) error {
	encoded, err := t.key(key)
	if err != nil {
		return err
	}
	_, err = t.Client().DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(t.Name()), Key: encoded})
	return t.about(err)
}

// updateAttempts is how often Update tries.
const updateAttempts = 10

// Update reads the item with a key, changes it, and writes it, as if nothing happened in between: if others
// have written it meanwhile, it begins anew, so change may run several times. An error of change ends it. ErrNotFound:
// there is none; ErrConflict: others wrote it each time.
func (t *Table[T]) Update(ctx context.Context, change func(*T) error, key ...any) (item T, err error) {
	for attempt := range updateAttempts {
		var version types.AttributeValue
		if item, version, err = t.get(ctx, key); err != nil {
			return item, err
		}
		if err = change(&item); err != nil {
			return item, err
		}
		unchanged := condition{expression: "attribute_not_exists(#version)", names: map[string]string{"#version": versionAttribute}}
		if version != nil { // else it was written by Client
			unchanged.expression, unchanged.values = "#version = :version", map[string]types.AttributeValue{":version": version}
		}
		written, err := t.put(ctx, item, unchanged)
		if written || err != nil {
			return item, err
		}
		if err := wait.Sleep(ctx, time.Duration(attempt)*10*time.Millisecond); err != nil {
			return item, err
		}
	}
	return item, t.about(ErrConflict)
}

// Part says which part of a partition a query reads.
type Part func(*part)

type part struct {
	after any
	limit int32
}

// After leaves out what comes before a value of the sort field in the order of the query, and the item with it. With
// the sort field of the last item of a page, the query goes on behind it.
func After(sort any) Part { return func(p *part) { p.after = sort } }

// Limit ends a query after so many items.
func Limit(items int) Part { return func(p *part) { p.limit = int32(min(items, math.MaxInt32)) } }

// Query returns the items of a partition, in the order of the sort field. It reads them page by page, as they
// are asked for. An error ends it.
func (t *Table[T]) Query(ctx context.Context, partition any, parts ...Part) iter.Seq2[T, error] {
	return t.query(ctx, partition, true, parts)
}

// QueryBackward is Query from the last item to the first.
func (t *Table[T]) QueryBackward(ctx context.Context, partition any, parts ...Part) iter.Seq2[T, error] {
	return t.query(ctx, partition, false, parts)
}

func (t *Table[T]) query(ctx context.Context, partition any, forward bool, parts []Part) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		in, err := t.queryInput(partition, forward, parts)
		if err != nil {
			yield(none, err)
			return
		}
		read := int32(0)
		pages := dynamodb.NewQueryPaginator(t.Client(), in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(none, t.about(err))
				return
			}
			for _, found := range page.Items {
				if t.expired(found) {
					continue
				}
				var item T
				if err := decode(found, &item); !yield(item, t.about(err)) || err != nil {
					return
				}
				if read++; in.Limit != nil && read == *in.Limit {
					return
				}
			}
		}
	}
}

func (t *Table[T]) queryInput(partition any, forward bool, parts []Part) (*dynamodb.QueryInput, error) {
	var p part
	for _, set := range parts {
		set(&p)
	}
	value, err := t.keyValue(t.declared.Partition, partition)
	if err != nil {
		return nil, err
	}
	in := &dynamodb.QueryInput{
		TableName: aws.String(t.Name()), KeyConditionExpression: aws.String("#key = :key"),
		ExpressionAttributeNames:  map[string]string{"#key": t.declared.Partition.Name},
		ExpressionAttributeValues: map[string]types.AttributeValue{":key": value},
		ConsistentRead:            aws.Bool(true), ScanIndexForward: aws.Bool(forward),
	}
	if p.limit > 0 {
		in.Limit = &p.limit
	}
	if p.after == nil {
		return in, nil
	}
	if t.declared.Sort == nil {
		return nil, t.about(errors.New("confab: its key has no sort field, so no item comes after another"))
	}
	if value, err = t.keyValue(*t.declared.Sort, p.after); err != nil {
		return nil, err
	}
	comes := " AND #sort > :after"
	if !forward {
		comes = " AND #sort < :after"
	}
	*in.KeyConditionExpression += comes
	in.ExpressionAttributeNames["#sort"], in.ExpressionAttributeValues[":after"] = t.declared.Sort.Name, value
	return in, nil
}

// key returns a key as the database has it.
func (t *Table[T]) key(values []any) (map[string]types.AttributeValue, error) {
	attributes := []project.Attribute{t.declared.Partition}
	if t.declared.Sort != nil {
		attributes = append(attributes, *t.declared.Sort)
	}
	if len(values) != len(attributes) {
		return nil, t.about(fmt.Errorf("confab: its key has %d values, not %d", len(attributes), len(values)))
	}
	key := map[string]types.AttributeValue{}
	for i, a := range attributes {
		value, err := t.keyValue(a, values[i])
		if err != nil {
			return nil, err
		}
		key[a.Name] = value
	}
	return key, nil
}

func (t *Table[T]) keyValue(a project.Attribute, value any) (types.AttributeValue, error) {
	encoded, err := attributevalue.Marshal(value)
	if err != nil {
		return nil, t.about(err)
	}
	kind := "something else"
	switch encoded.(type) {
	case *types.AttributeValueMemberS:
		kind = "S"
	case *types.AttributeValueMemberN:
		kind = "N"
	case *types.AttributeValueMemberB:
		kind = "B"
	}
	if kind != a.Type {
		return nil, t.about(fmt.Errorf("confab: %v (%T) is no value of %q in its key", value, value, a.Name))
	}
	return encoded, nil
}

// expired tells items that DynamoDB has not deleted yet.
func (t *Table[T]) expired(item map[string]types.AttributeValue) bool {
	at, ok := item[t.declared.TTL].(*types.AttributeValueMemberN)
	if !ok {
		return false
	}
	second, err := strconv.ParseInt(at.Value, 10, 64)
	return err == nil && second > 0 && second <= t.app.Now().Unix()
}

// about says of which table an error is. A client is told to try again if the error may pass.
func (t *Table[T]) about(err error) error {
	var refused interface{ ErrorCode() string }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.ErrorCode() == "AccessDeniedException":
		return fmt.Errorf("table %s: its options Use, Only and Allow do not let this function do that: %w", t.declared.Name, err)
	}
	return fmt.Errorf("table %s: %w", t.declared.Name, table.Classify(err))
}

// encode returns an item as the database has it, with the fields' names as JSON.
func encode(item any) (map[string]types.AttributeValue, error) {
	return attributevalue.MarshalMapWithOptions(item, func(o *attributevalue.EncoderOptions) { o.TagKey = "json" })
}

func decode(found map[string]types.AttributeValue, item any) error {
	return attributevalue.UnmarshalMapWithOptions(found, item, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
}
