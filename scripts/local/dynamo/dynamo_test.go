package dynamo

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.uber.org/goleak"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

func TestTheEngineServesItsTablesUntilItIsClosed(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	engine, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := CreateTables(t.Context(), engine.Client(), Tables("x-")); err != nil {
			t.Fatal(err)
		}
	}
	out, err := engine.Client().ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.TableNames) != len(schema.Tables()) {
		t.Errorf("tables %v", out.TableNames)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if connection, err := net.DialTimeout("tcp", engine.address, time.Second); err == nil {
		connection.Close()
		t.Error("the engine still answers")
	}
}

func TestATableWithAnotherKeyIsAnError(t *testing.T) {
	engine, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	create := func(keys, types []string) error {
		return CreateTables(t.Context(), engine.Client(), []Table{{Name: "strokes", Keys: keys, Types: types}})
	}
	if err := create([]string{"board", "at"}, []string{"S", "N"}); err != nil {
		t.Fatal(err)
	}
	for declared, err := range map[string]error{
		"id (S)":             create([]string{"id"}, nil),
		"board (S)":          create([]string{"board"}, nil),
		"board (S), at (S)":  create([]string{"board", "at"}, nil),
		"at (N), board (S)":  create([]string{"at", "board"}, []string{"N", "S"}),
		"board (S), id (N),": create([]string{"board", "id"}, []string{"S", "N"}),
	} {
		want := "create table strokes: it exists with the key board (S), at (N), and not " + declared
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestDataInAFolderSurvives(t *testing.T) {
	dir := t.TempDir()
	item := map[string]types.AttributeValue{
		schema.PartitionKey: &types.AttributeValueMemberS{Value: "p"},
		schema.SortKey:      &types.AttributeValueMemberS{Value: "s"},
	}
	for run := range 2 {
		engine, err := Start(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := CreateTables(t.Context(), engine.Client(), Tables("")); err != nil {
			t.Fatal(err)
		}
		table := aws.String(schema.Chat.ID)
		if run == 0 {
			_, err = engine.Client().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: item})
		} else {
			var out *dynamodb.GetItemOutput
			out, err = engine.Client().GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: item})
			if err == nil && len(out.Item) == 0 {
				t.Error("the item is gone")
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
