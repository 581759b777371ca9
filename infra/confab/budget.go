package confab

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbudgets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// addBudget adds the budget, if there is one, and what it stops of the engine.
func (r *Realtime) addBudget() {
	props := r.props.Alarms
	if props.Email == "" || props.MonthlyBudget == 0 {
		return
	}
	r.budget = newBudget(r.alarms.scope, props)
	if props.StopAtBudget {
		var functions []awslambda.Function
		for _, name := range slices.Sorted(maps.Keys(r.functions)) {
			functions = append(functions, r.functions[name])
		}
		stopSpending(r.alarms.scope, r.budget, props.Email, functions)
	}
}

// stopAtBudget lets the budget stop functions beside those of the engine, too.
func (r *Realtime) stopAtBudget(scope constructs.Construct, functions ...string) {
	if r.budget == nil || !r.props.Alarms.StopAtBudget || len(functions) == 0 {
		return
	}
	var more []awslambda.Function
	for _, name := range functions {
		more = append(more, r.functions[name])
	}
	stopSpending(constructs.NewConstruct(scope, jsii.String("Budget")), r.budget, r.props.Alarms.Email, more)
}

// newBudget adds a budget for the whole account. A budget for this stack alone would need a
// cost allocation tag, which must be activated by hand and takes a day.
func newBudget(scope constructs.Construct, props AlarmProps) awsbudgets.CfnBudget {
	notify := func(kind string, percent float64) *awsbudgets.CfnBudget_NotificationWithSubscribersProperty {
		return &awsbudgets.CfnBudget_NotificationWithSubscribersProperty{
			Notification: &awsbudgets.CfnBudget_NotificationProperty{
				NotificationType:   jsii.String(kind),
				ComparisonOperator: jsii.String("GREATER_THAN"),
				Threshold:          jsii.Number(percent),
				ThresholdType:      jsii.String("PERCENTAGE"),
			},
			Subscribers: &[]any{&awsbudgets.CfnBudget_SubscriberProperty{
				SubscriptionType: jsii.String("EMAIL"), Address: jsii.String(props.Email),
			}},
		}
	}
	return awsbudgets.NewCfnBudget(scope, jsii.String("Budget"), &awsbudgets.CfnBudgetProps{
		Budget: &awsbudgets.CfnBudget_BudgetDataProperty{
			BudgetType:  jsii.String("COST"),
			TimeUnit:    jsii.String("MONTHLY"),
			BudgetLimit: &awsbudgets.CfnBudget_SpendProperty{Amount: jsii.Number(props.MonthlyBudget), Unit: jsii.String("USD")},
		},
		NotificationsWithSubscribers: &[]any{notify("ACTUAL", 80), notify("ACTUAL", 100), notify("FORECASTED", 100)},
	})
}

// stopSpending makes the budget take the functions' permissions away when it is spent: AWS
// Budgets attaches a policy to their roles that denies what costs most. It stays there
// until an operator takes it away.
func stopSpending(scope constructs.Construct, budget awsbudgets.CfnBudget, email string, functions []awslambda.Function) {
	deny := awsiam.NewManagedPolicy(scope, jsii.String("Stop"), &awsiam.ManagedPolicyProps{
		Description: jsii.String("Confab: what functions may not do any more when the budget is spent"),
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect:    awsiam.Effect_DENY,
			Actions:   jsii.Strings("dynamodb:*", "execute-api:*", "lambda:InvokeFunction"),
			Resources: jsii.Strings("*"),
		})},
	})
	suppress(deny, "AwsSolutions-IAM5", "The policy denies.")
	var roles []string
	var arns []*string
	for _, f := range functions {
		roles, arns = append(roles, *f.Role().RoleName()), append(arns, f.Role().RoleArn())
	}
	executor := awsiam.NewRole(scope, jsii.String("StopRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("budgets.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
		}),
	})
	executor.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
		Resources:  &arns,
		Conditions: &map[string]any{"ArnEquals": map[string]any{"iam:PolicyARN": deny.ManagedPolicyArn()}},
	}))
	awsbudgets.NewCfnBudgetsAction(scope, jsii.String("StopAction"), &awsbudgets.CfnBudgetsActionProps{
		ActionType:       jsii.String("APPLY_IAM_POLICY"),
		ApprovalModel:    jsii.String("AUTOMATIC"),
		NotificationType: jsii.String("ACTUAL"),
		BudgetName:       budget.Ref(),
		ExecutionRoleArn: executor.RoleArn(),
		ActionThreshold:  &awsbudgets.CfnBudgetsAction_ActionThresholdProperty{Type: jsii.String("PERCENTAGE"), Value: jsii.Number(100)},
		Definition: &awsbudgets.CfnBudgetsAction_DefinitionProperty{
			IamActionDefinition: &awsbudgets.CfnBudgetsAction_IamActionDefinitionProperty{
				PolicyArn: deny.ManagedPolicyArn(), Roles: jsii.Strings(roles...),
			},
		},
		Subscribers: &[]any{&awsbudgets.CfnBudgetsAction_SubscriberProperty{Type: jsii.String("EMAIL"), Address: jsii.String(email)}},
	})
}
