using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Filters;
using Scim.Domain.Groups;
using Scim.Domain.Patching;
using static Scim.Domain.Tests.Patches;

namespace Scim.Domain.Tests.Groups;

internal sealed class MembershipChangeTests
{
    private const string A = "0198c0de-0000-7000-8000-00000000000a";
    private const string B = "0198c0de-0000-7000-8000-00000000000b";

    [Test]
    public void Adjacent_changes_of_one_kind_are_one_step_and_order_is_kept()
    {
        var change = new MembershipChange();

        change.Add([A]);
        change.Add([B]);
        change.Remove([A]);
        change.Add([A]);

        Print(change).Should().Be("Add a b; Remove a; Add a");
    }

    [Test]
    public void Clearing_makes_what_went_before_pointless()
    {
        var change = new MembershipChange();

        change.Add([A]);
        change.Clear();
        change.Add([B]);

        Print(change).Should().Be("Clear; Add b");
    }

    [Test]
    public void Nothing_to_do_is_no_step()
    {
        var change = new MembershipChange();

        change.Add([]);
        change.Remove([]);

        change.IsEmpty.Should().BeTrue();
        Print(MembershipChange.Exactly([])).Should().Be("Clear");
        Print(MembershipChange.Exactly([A, B])).Should().Be("Clear; Add a b");
    }

    [Test]
    public void The_first_value_that_is_no_id_is_kept_for_the_refusal()
    {
        var change = new MembershipChange();

        change.Add([A]);
        change.Add(["bob", B, "eve"]);
        change.Remove(["zoe"]);

        Print(change).Should().Be("Add a b ?bob; Remove ?zoe");
    }

    [Test]
    public void A_step_does_not_grow_after_another_followed()
    {
        var change = new MembershipChange();
        change.Add([A]);
        change.Clear();
        change.Add([B]);
        change.RemoveWhere(new Filter.Constant(true));
        change.Add([A]);

        Print(change).Should().Be("Clear; Add b; RemoveWhere; Add a");
    }

    [TestCase("add", "members", """[{"$ref":null,"value":"A"}]""", "Add a")]
    [TestCase("Add", "MEMBERS", """[{"value":"A","display":"x","type":"User"},{"value":"B"}]""", "Add a b")]
    [TestCase("add", "members", """{"value":"A"}""", "Add a")]
    [TestCase("add", "members", "\"A\"", "Add a")]
    [TestCase("add", "members", "[]", "")]
    [TestCase("add", null, """{"members":[{"value":"A"}]}""", "Add a")]
    [TestCase("replace", "members", """[{"value":"A"}]""", "Clear; Add a")]
    [TestCase("replace", "members", "[]", "Clear")]
    [TestCase("replace", "members", "null", "Clear")]
    [TestCase("replace", "members", "\"\"", "Clear")]
    [TestCase("replace", null, """{"members":[],"id":"x","displayName":"N"}""", "Clear")]
    [TestCase("replace", null, """{"id":"x","displayName":"N"}""", "")]
    [TestCase("remove", "members", null, "Clear")]
    [TestCase("remove", "members", "null", "Clear")]
    [TestCase("remove", "members", """[{"value":"A"}]""", "Remove a")]
    [TestCase("remove", "members", "[]", "")]
    [TestCase("remove", "members", "\"\"", "")]
    [TestCase("remove", "members[value eq \"A\"]", null, "Remove a")]
    [TestCase("remove", "members[value eq \"A\" or VALUE EQ \"B\"]", null, "Remove a b")]
    [TestCase("remove", "members[value eq \"bob\"]", null, "Remove ?bob")]
    [TestCase("remove", "members[type eq \"Group\"]", null, "RemoveWhere")]
    [TestCase("remove", "members[value eq \"A\" and type eq \"User\"]", null, "RemoveWhere")]
    [TestCase("remove", "members[value ne \"A\"]", null, "RemoveWhere")]
    public void A_patch_of_members_becomes_steps(string op, string? path, string? value, string steps)
    {
        var operation = Operation(
            op,
            path?.Replace("\"A\"", $"\"{A}\"", StringComparison.Ordinal)
                .Replace("\"B\"", $"\"{B}\"", StringComparison.Ordinal),
            value
                ?.Replace("\"A\"", $"\"{A}\"", StringComparison.Ordinal)
                .Replace("\"B\"", $"\"{B}\"", StringComparison.Ordinal)
        );
        if (steps == "mutability")
        {
            Some.Refused(() => Apply(operation), steps);
            return;
        }

        Print(Apply(operation).Members).Should().Be(steps);
    }

    [TestCase("replace", "members[value eq \"x\"]", """{"value":"y"}""", "noTarget")]
    [TestCase("add", "members[value eq \"x\"]", """{"value":"y"}""", "noTarget")]
    [TestCase("replace", "members[value eq \"x\"].value", "\"y\"", "mutability")]
    [TestCase("replace", "members.value", "\"y\"", "mutability")]
    [TestCase("remove", "members.value", null, "mutability")]
    [TestCase("remove", "members[value eq \"x\"].value", null, "mutability")]
    [TestCase("remove", "members[value eq \"x\"].display", null, "mutability")]
    [TestCase("remove", "members[bogus eq \"x\"]", null, "invalidPath")]
    [TestCase("add", "members", """[{"display":"x"}]""", "invalidValue")]
    [TestCase("add", "members", "5", "invalidValue")]
    [TestCase("remove", "displayName", null, "mutability")]
    [TestCase("replace", "displayName", "\"\"", "invalidValue")]
    [TestCase("replace", "displayName", "null", "invalidValue")]
    public void A_patch_that_members_cannot_take_is_refused(string op, string path, string? value, string scimType) =>
        Some.Refused(() => Apply(Operation(op, path, value)), scimType);

    [Test]
    public void Strict_takes_members_to_remove_by_filter_only() =>
        Some.Refused(
            () => Some.Group().Document.Apply(Some.Strict, Remove("members", $$"""[{"value":"{{A}}"}]""")),
            "invalidValue"
        );

    [Test]
    public void Okta_removes_and_adds_in_one_request() =>
        Print(
                Apply(
                    Remove($"members[value eq \"{A}\"]"),
                    Add("members", $$"""[{"value":"{{B}}","display":"b"}]"""),
                    Replace("displayName", "\"N\"")
                ).Members
            )
            .Should()
            .Be("Remove a; Add b");

    [Test]
    public void Ten_thousand_single_removals_are_one_step()
    {
        var operations = Enumerable.Range(0, 10_000).Select(_ => Remove($"members[value eq \"{A}\"]")).ToArray();

        Apply(operations).Members.Steps.Should().ContainSingle().Which.Ids.Should().HaveCount(10_000);
    }

    private static PatchOutcome Apply(params string[] operations) => Some.Group().Document.Apply(operations);

    private static string Print(MembershipChange change) =>
        string.Join(
            "; ",
            change.Steps.Select(step =>
                string.Join(
                    ' ',
                    [step.Action.ToString(), .. step.Ids.Select(id => id.ToString()[^1].ToString()), .. Unknown(step)]
                )
            )
        );

    private static string[] Unknown(MembershipStep step) => step.Unknown is null ? [] : ["?" + step.Unknown];
}
