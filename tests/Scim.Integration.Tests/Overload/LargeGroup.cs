using Dapper;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

/// <summary>Users and a group of them all, put there by SQL: by HTTP they would take minutes.</summary>
internal static class LargeGroup
{
    /// <summary>The id of the group, whose name is its tenant's slug.</summary>
    public static async Task<string> CreateAsync(TestDatabase database, TestTenant tenant, int members)
    {
        var user = (await tenant.Client.PostAsync("/Users", Some.User())).Id;
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group(tenant.Slug, user))).Id;
        var isPostgres = database.Kind == DatabaseKind.PostgreSql;
        await using var connection = await OtherSession.OpenAsync(database);
        var columns = await connection.QueryAsync<string>(
            isPostgres
                ? """
                select column_name from information_schema.columns
                 where table_schema = 'public' and table_name = 'users' and is_generated = 'NEVER'
                """
                : "select name from pragma_table_info('users')"
        );
        var copied = string.Join(", ", columns.Except(["id", "seq", "user_name_key"]));
        var (newId, numbers, key) = isPostgres
            ? (
                "gen_random_uuid()",
                "generate_series(2, @members) as n(value)",
                (Func<string, object>)(id => Guid.Parse(id))
            )
            : (
                "randomblob(16)",
                "(with recursive c(value) as (select 2 union all select value + 1 from c where value < @members) select value from c) n",
                id => Guid.Parse(id).ToByteArray(bigEndian: true)
            );
        var arguments = new
        {
            members,
            user = key(user),
            group = key(group),
        };
        await connection.ExecuteAsync(
            $"""
            insert into users (id, user_name_key, {copied})
            select {newId}, 'member-' || n.value, {copied} from (select {copied} from users where id = @user) u, {numbers}
            """,
            arguments,
            commandTimeout: 600
        );
        await connection.ExecuteAsync(
            """
            insert into group_members (tenant_id, group_id, user_id)
            select u.tenant_id, @group, u.id from users u
             where u.tenant_id = (select tenant_id from users where id = @user) and u.id <> @user
            """,
            arguments,
            commandTimeout: 600
        );
        await connection.ExecuteAsync("analyze users", commandTimeout: 600);
        await connection.ExecuteAsync("analyze group_members", commandTimeout: 600);
        (
            await connection.ExecuteScalarAsync<int>(
                "select count(*) from group_members where group_id = @group",
                arguments
            )
        )
            .Should()
            .Be(members);
        return group;
    }
}
