using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Groups;
using Scim.Domain.Resources;
using static Scim.Domain.Tests.Patches;

namespace Scim.Domain.Tests.Groups;

internal sealed class GroupTests
{
    [Test]
    public void A_new_group_has_a_name_and_version_1()
    {
        var group = Group.Create(Some.Group(), Some.Auto, Some.Time);

        (group.DisplayName, group.Version, group.Created).Should().Be(("Staff", 1L, Some.Time));
    }

    [TestCase("\"displayName\": null")]
    [TestCase("\"displayName\": \"\"")]
    public void A_group_needs_a_displayName(string members) =>
        Some.Refused(() => Group.Create(Some.Group(members), Some.Auto, Some.Time), "invalidValue");

    [Test]
    public void A_PUT_clears_what_it_omits()
    {
        var group = Load("\"externalId\": \"x\"");

        group.Replace(Some.Group(), Some.Auto, Some.Time.AddDays(1));

        (group.Version, group.Document.Text("externalId")).Should().Be((3L, null));
    }

    [Test]
    public void A_patch_of_members_alone_leaves_the_document()
    {
        var group = Load();

        group.Patch(group.Document.Apply(Add("members", $$"""[{"value":"{{Some.Id}}"}]""")), Some.Time.AddDays(1));

        (group.Version, group.Change).Should().Be((2L, (ResourceChanged?)null));
    }

    [Test]
    public void A_rename_is_a_change()
    {
        var group = Load();

        group.Patch(group.Document.Apply(Set("""{"id":"x","displayName":"New"}""")), Some.Time.AddDays(1));

        (group.Version, group.DisplayName).Should().Be((3L, "New"));
    }

    private static Group Load(string members = "") =>
        Group.Load(Some.Id, Some.Group(members).Document, 2, Some.Time, Some.Time);
}
